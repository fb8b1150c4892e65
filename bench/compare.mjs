/**
 * `node bench/compare.mjs BEFORE.json AFTER.json`: which rows of gips got worse between two runs of the same machine. Each is taken relative to a peer that did not change,
 * measured in the same round, so that a slower hour of the machine does not count. Worse means: the middle halves of the two runs' ratios do not touch, and the medians differ by 3 %
 * or more. The exit code is 1 if any row got worse.
 */
import { readFileSync } from 'node:fs';
import { number } from './report/format.mjs';
import { median, pairedRatios, quantile } from './run/statistics.mjs';

/** What a row is taken relative to: the first of them that both runs have. Where none has a part in it, gips' own values are compared. */
const REFERENCES = ['net', 'C', 'net+', 'zeromq'];
const NOTICEABLE = 1.03;

/** @typedef {import('./types.js').RowResult} RowResult */

/** @param {RowResult} row @param {string} name */
const samplesOf = (row, name) => row.entries.find((entry) => entry.name === name && entry.problem === undefined)?.samples ?? [];

/** @param {RowResult} before @param {RowResult} after @param {string} name */
function compareEntry(before, after, name) {
  const isAbsolute = before.workload === 'fairness' || before.workload === 'rss' || before.workload === 'memory';
  const reference = isAbsolute
    ? undefined
    : REFERENCES.find((peer) => samplesOf(before, peer).length > 0 && samplesOf(after, peer).length > 0);
  const [old, now] = [before, after].map((row) => {
    const samples = samplesOf(row, name);
    return reference === undefined ? samples : pairedRatios(samples, samplesOf(row, reference));
  });
  if (old === undefined || now === undefined || old.length === 0 || now.length === 0) return undefined;
  const change = median(now) / median(old);
  const isApart = change > 1 ? quantile(now, 0.25) > quantile(old, 0.75) : quantile(now, 0.75) < quantile(old, 0.25);
  const verdict = isApart && change >= NOTICEABLE ? 'WORSE' : isApart && change <= 1 / NOTICEABLE ? 'better' : 'the same';
  return { change, verdict, reference };
}

const [before, after] = process.argv
  .slice(2, 4)
  .map((file) => /** @type {import('./types.js').Run} */ (JSON.parse(readFileSync(file, 'utf8'))));
if (before === undefined || after === undefined) throw new Error('usage: node bench/compare.mjs BEFORE.json AFTER.json');
if (before.machine['processor'] !== after.machine['processor']) console.log('warning: these runs are not of the same machine');

for (const row of before.rows) {
  const other = after.rows.find(({ id }) => id === row.id);
  if (other === undefined) {
    console.log(`${row.title}: not in the second run`);
    continue;
  }
  for (const { name } of row.entries.filter((entry) => entry.name.startsWith('gips'))) {
    const result = compareEntry(row, other, name);
    const title = `${row.title}, ${name}`.padEnd(52);
    if (result === undefined) {
      console.log(`${title} not measured in both`);
      continue;
    }
    const { change, verdict, reference } = result;
    console.log(`${title} ${verdict.padEnd(9)} ${number(change)}× of before${reference === undefined ? '' : `, relative to ${reference}`}`);
    if (verdict === 'WORSE') process.exitCode = 1;
  }
}
