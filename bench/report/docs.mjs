/** `docs/benchmarks.md` and its charts. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.mjs';
import { notesOf, number, ratio, summary, timesOfGips } from './format.mjs';
import { judge, targets } from './targets.mjs';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

/** @param {import('../types.js').RowResult} row */
const fileOf = (row) => `${row.id.replaceAll('/', '-')}.svg`;

/** @param {import('../types.js').Run} run @returns {string} the file written */
export function writeDocs(run) {
  const folder = `${docs}benchmarks/`;
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (file.endsWith('.svg')) rmSync(folder + file);
  for (const row of run.rows) {
    const svg = chart(row);
    if (svg !== undefined) writeFileSync(folder + fileOf(row), svg);
  }
  const sections = [introduction(run), goals(run), losses(run), machine(run), method(run), ...run.rows.map(section)];
  writeFileSync(`${docs}benchmarks.md`, `${sections.join('\n\n')}\n`);
  return `${docs}benchmarks.md`;
}

/** @param {string[]} head @param {string[][]} lines */
const table = (head, lines) => [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** @param {import('../types.js').Run} run */
const introduction = (run) =>
  `# Benchmarks

Written by \`npm run bench\`${run.quick ? ' -- --quick' : ''} on ${run.date.slice(0, 10)}; do not edit. Ratios come first: they were measured side by side, in the same minutes on the same
machine, and travel better than microseconds. **C** is a plain C program on the same kernel object, **net** node:net with length-prefixed frames, **net+** the same with
the writes of a turn put together.

> This run's machine was a small virtual one with other work on it. Single values are noisy; where the quarters of two rows overlap, call it even.`;

/** @param {import('../types.js').Run} run */
function goals(run) {
  const lines = targets.flatMap((target) =>
    judge(run, target).map(({ entry, goal, measured, isReached }) => {
      const reach =
        goal.least !== undefined
          ? `≥ ${goal.least}× ${goal.peer}`
          : goal.most !== undefined
            ? `≤ ${goal.most}× ${goal.peer}'s time`
            : `≤ ${number(goal.value ?? 0)}`;
      const verdict = Number.isNaN(measured) ? 'not measured' : isReached ? 'reached' : '**not reached**';
      const shown = goal.peer === undefined ? number(measured) : ratio(measured);
      return [target.entries.length > 1 ? `${target.what}: ${entry}` : target.what, reach, shown, verdict];
    }),
  );
  return `## The numbers to reach\n\n${table(['what', 'reach', 'measured', ''], lines)}`;
}

/** @param {import('../types.js').Run} run */
function losses(run) {
  const lines = run.rows.flatMap((row) =>
    row.entries
      .filter((entry) => !entry.name.startsWith('gips') && timesOfGips(row, entry) < 1)
      .map((entry) => `- ${row.title}: **${entry.name}** takes ${ratio(timesOfGips(row, entry))} of what gips takes.`),
  );
  return `## Where others are ahead\n\n${lines.length > 0 ? lines.join('\n') : 'Nowhere in this run.'}`;
}

/** @param {import('../types.js').Run} run */
function machine({ machine: facts, versions, missing }) {
  const lines = Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`);
  const peers = Object.entries(versions).map(([name, version]) => `- ${name}: ${version}`);
  const absent = Object.entries(missing).map(([name, why]) => `- **missing: ${name}**: ${why}`);
  return `## The machine, and who took part\n\n${lines.join('\n')}\n\n${[...peers, ...absent].join('\n')}`;
}

/** @param {import('../types.js').Run} run */
const method = ({ repetitions }) => `## How it was measured

Fresh processes for each measurement, one that serves and one that measures; a warm-up; everybody in turn (A B C A B C), ${repetitions} times (memory 3, system calls 1). Medians, with the
quarters around them; ratios are medians of the ratios within a round. Round trips have both processes on one core, all else has a core for each. Every received page
is read (one byte of 4 KiB), what was counted and seen must be what was sent, and first messages are compared byte by byte. "CPU" is user and system time of both processes per
message. Less is better everywhere.`;

/** @param {import('../types.js').RowResult} row */
function section(row) {
  const lines = row.entries
    .filter(({ samples }) => samples.length > 0)
    .map((entry) => {
      const { middle, low, high, cpu } = summary(entry);
      const notes = [notesOf(entry), entry.problem].filter(Boolean).join('; ');
      return [entry.name, ratio(timesOfGips(row, entry)), number(middle), `${number(low)} – ${number(high)}`, number(cpu), notes];
    });
  const hasNotes = lines.some((cells) => cells.at(-1) !== '');
  const head = ['', '× gips', row.unit, 'quarters', 'CPU µs', ''];
  const absent = row.entries.filter(({ samples }) => samples.length === 0).map(({ name, problem }) => `${name} (${problem})`);
  return [
    `## ${row.title}`,
    chart(row) === undefined ? '' : `![${row.title}](benchmarks/${fileOf(row)})`,
    `${row.pinned}.`,
    table(hasNotes ? head : head.slice(0, -1), hasNotes ? lines : lines.map((cells) => cells.slice(0, -1))),
    absent.length > 0 ? `Not in this row: ${absent.join(', ')}.` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
