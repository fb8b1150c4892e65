/** What the terminal shows: where it is, while it runs; a table per row. */
import { notesOf, number, ratio, summary, timesOfGips } from './format.mjs';

/**
 * One line that is rewritten; where that is not possible, none. Called without text, it clears the line.
 * @param {NodeJS.WriteStream} stream
 * @returns {(text?: string) => void}
 */
export function progressTo(stream) {
  if (!stream.isTTY) return () => undefined;
  return (text = '') => {
    stream.clearLine(0);
    stream.cursorTo(0);
    stream.write(text.slice(0, stream.columns - 1));
  };
}

/** @param {import('../types.js').Run} run */
export const missingLines = ({ missing }) => Object.entries(missing).map(([name, why]) => `missing: ${name}: ${why}`);

/** @param {import('../types.js').RowResult} row */
export function rowTable(row) {
  const width = Math.max(...row.entries.map(({ name }) => name.length));
  const head = `\n${row.title} (${row.unit}; ${row.pinned})\n${''.padEnd(width)}   × gips      median   quarters                CPU µs`;
  const lines = row.entries
    .filter(({ samples, problem }) => samples.length > 0 || problem === undefined || !/here$/.test(problem))
    .map((entry) => {
      const name = entry.name.padEnd(width);
      if (entry.samples.length === 0) return `${name}   not measured: ${entry.problem}`;
      const { middle, low, high, cpu } = summary(entry);
      const quarters = `${number(low)} – ${number(high)}`.padEnd(22);
      const notes = notesOf(entry);
      const cells = [ratio(timesOfGips(row, entry)).padStart(8), number(middle).padStart(11), ` ${quarters}`, number(cpu).padStart(7)];
      const rest = [notes, entry.problem].filter(Boolean).join('; ');
      return `${name} ${cells.join(' ')}${rest && `   ${rest}`}`;
    });
  return [head, ...lines].join('\n');
}
