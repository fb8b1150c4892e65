/** Numbers as people read them. */
import { median, pairedRatios, quantile } from '../run/statistics.mjs';

/** @param {number} value three digits that count */
export function number(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return size >= 100
    ? Math.round(value).toLocaleString('en-US')
    : size >= 10
      ? value.toFixed(1)
      : size >= 1
        ? value.toFixed(2)
        : value.toFixed(3);
}

/** @param {import('../types.js').Entry} entry the middle, and the quarters around it */
export function summary({ samples, cpu }) {
  return { middle: median(samples), low: quantile(samples, 0.25), high: quantile(samples, 0.75), cpu: median(cpu) };
}

/** @param {number} value */
export const ratio = (value) => (Number.isFinite(value) ? `${number(value)}×` : '–');

/**
 * What a peer takes, in times of what gips takes in the same round: above 1, gips is ahead.
 * @param {import('../types.js').RowResult} row @param {import('../types.js').Entry} entry
 */
export function timesOfGips(row, entry) {
  const ours = row.entries.find(({ name }) => name === 'gips');
  return median(pairedRatios(entry.samples, ours?.samples ?? []));
}

/** @param {import('../types.js').Entry} entry */
export const notesOf = ({ notes }) =>
  Object.entries(notes)
    .map(([name, values]) => `${name} ${number(median(values))}`)
    .join(', ');
