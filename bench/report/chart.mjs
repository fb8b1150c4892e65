/** A row as an SVG of bars on a logarithmic scale: less is better. Its colours follow the reader's light or dark preference. */
import { number, ratio, summary, timesOfGips } from './format.mjs';

const WIDTH = 760;
const LABELS = 190;
const VALUES = 170;
const BAR = 18;
const STEP = 26;
const TOP = 52;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px } .quiet { fill: #59636e; font-size: 12px }
  .ours { fill: #0969da } .other { fill: #8c959f } .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 }
    .ours { fill: #4493f8 } .other { fill: #6e7681 } .spread { stroke: #f0f6fc }
  }`;

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** @param {import('../types.js').RowResult} row @returns {string | undefined} none if nothing was measured */
export function chart(row) {
  const bars = row.entries
    .filter(({ samples }) => samples.length > 0)
    .map((entry) => ({ entry, ...summary(entry) }))
    .filter(({ middle }) => middle > 0)
    .sort((a, b) => a.middle - b.middle);
  if (bars.length < 2) return undefined;
  const first = Math.min(...bars.map(({ low, middle }) => (low > 0 ? low : middle))) / 2;
  const last = Math.max(...bars.map(({ high }) => high));
  /** @param {number} value */
  const x = (value) => LABELS + (Math.log(Math.max(value, first) / first) / Math.log(last / first)) * (WIDTH - LABELS - VALUES);
  const parts = bars.map(({ entry, middle, low, high }, at) => {
    const y = TOP + at * STEP;
    const kind = entry.name.startsWith('gips') ? 'ours' : 'other';
    const line = y + BAR / 2;
    const value = entry.name === 'gips' ? number(middle) : `${number(middle)}  (${ratio(timesOfGips(row, entry))})`;
    return [
      `<text x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${escape(entry.name)}</text>`,
      `<rect class="${kind}" x="${LABELS}" y="${y}" width="${(x(middle) - LABELS).toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<line class="spread" x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${line}" y2="${line}"/>`,
      `<text x="${(Math.max(x(middle), x(high)) + 8).toFixed(1)}" y="${y + 13}">${value}</text>`,
    ].join('\n');
  });
  const height = TOP + bars.length * STEP + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escape(row.title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="8" y="20">${escape(row.title)}</text>`,
    `<text class="quiet" x="8" y="38">${escape(row.unit)}, less is better; logarithmic; (× what gips takes); line: the middle half of the runs</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
