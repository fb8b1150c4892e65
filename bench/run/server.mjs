/** The process (or thread) that serves. It is told what, says when it listens, and answers what it has used. */
import { parentPort, workerData } from 'node:worker_threads';
import { libraryPeer } from '../peers/index.mjs';
import { makePayload } from '../workloads/bytes.mjs';
import { workload } from '../workloads/index.mjs';
import { cpuTime, usageOf } from './usage.mjs';

const { peer, row, form, address, name, port } = workerData ?? JSON.parse(process.argv[2] ?? '');
let links = 0;

/** @param {unknown} message */
const tell = (message) => (parentPort === null ? process.send?.(message) : parentPort.postMessage(message));

/** @param {any} message */
function onControl(message) {
  if (message?.control !== 'usage') return;
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  tell({ control: 'usage', cpu: cpuTime(), links, ...usageOf(process.pid) });
}

if (parentPort === null) process.on('message', onControl).on('disconnect', () => process.exit());
else parentPort.on('message', onControl);

const { serve } = workload(name);
const library = libraryPeer(peer);
const payload = makePayload(row.size, library.textOnly === true);
await library.serve(
  address,
  (link) => {
    links += 1;
    serve(link, { form, payload });
  },
  { row, form, port },
);
tell({ control: 'listening' });
