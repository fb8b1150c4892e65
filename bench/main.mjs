/**
 * `npm run bench`: messages between two processes, by this package and by what else there is, side by side.
 *
 *   npm run bench                       everything; writes build/bench/latest.json, docs/benchmarks.md and its charts
 *   npm run bench -- --quick            the main rows and peers, in less than two minutes; writes build/bench/quick.json
 *   npm run bench -- --only "one way"   rows, workloads and peers whose names contain that (repeatable: one for the row, one for a peer)
 *   npm run bench -- --json FILE        where to save the results; `node bench/compare.mjs A.json B.json` compares two
 *   npm run bench -- --render FILE      measures nothing: writes docs/benchmarks.md anew from saved results
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peers } from './peers/index.mjs';
import { writeDocs } from './report/docs.mjs';
import { missingLines, progressTo, rowTable } from './report/terminal.mjs';
import { describeMachine } from './run/machine.mjs';
import { measureRow } from './run/schedule.mjs';
import { workloads } from './workloads/index.mjs';

const folder = fileURLToPath(new URL('../build/bench/', import.meta.url));
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    render: { type: 'string' },
    time: { type: 'string' },
    repetitions: { type: 'string' },
  },
});
const { quick, only } = values;

if (values.render !== undefined) {
  writeDocs(JSON.parse(readFileSync(values.render, 'utf8')));
  process.exit();
}

const milliseconds = Number(values.time ?? (quick ? 60 : 250));
const repetitions = Number(values.repetitions ?? (quick ? 2 : 5));
const matches = (/** @type {string} */ text) => only.some((part) => text.toLowerCase().includes(part.toLowerCase()));
const allRows = workloads.flatMap((workload) => workload.rows(quick).map((row) => ({ workload, row })));
const isChosenRow = (/** @type {typeof allRows[0]} */ { workload, row }) => [workload.name, row.id, row.title].some(matches);
const exact = peers.filter(({ name }) => only.includes(name));
const chosenRows = allRows.filter(isChosenRow);
const chosenPeers = exact.length > 0 ? exact : peers.filter(({ name }) => matches(name));
if (only.length > 0 && chosenRows.length + chosenPeers.length === 0) throw new Error(`nothing is called ${only.join(' or ')}`);
const rows = chosenRows.length > 0 ? chosenRows : allRows;
const candidates =
  chosenPeers.length > 0
    ? peers.filter((peer) => peer.name === 'gips' || chosenPeers.includes(peer))
    : peers.filter((peer) => peer.quick || !quick);

/** @type {import('./types.js').Run} */
const run = { date: new Date().toISOString(), quick, repetitions, machine: describeMachine(), versions: {}, missing: {}, rows: [] };
const progress = progressTo(process.stderr);
const ready = [];
for (const peer of candidates) {
  progress(`preparing ${peer.name}`);
  try {
    await peer.prepare?.();
    run.versions[peer.name] = await peer.version();
    ready.push(peer);
  } catch (error) {
    run.missing[peer.name] = error instanceof Error ? error.message : String(error);
  }
}
progress();
for (const line of missingLines(run)) console.log(line);

const file = values.json ?? `${folder}${quick ? 'quick' : only.length > 0 ? 'part' : 'latest'}.json`;
mkdirSync(folder, { recursive: true });
for (const { workload, row } of rows) {
  const result = await measureRow(ready, workload, row, { repetitions, milliseconds }, progress);
  run.rows.push(result);
  progress();
  console.log(rowTable(result));
  writeFileSync(file, JSON.stringify(run, null, 1));
}
console.log(`saved: ${file}`);
if (!quick && only.length === 0) console.log(`written: ${writeDocs(run)}`);
