/** A worker thread connects and says hello; then it is terminated. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Endpoint } from '../../dist/index.js';
import { argument } from './talk.mjs';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  await once(worker, 'message');
  await worker.terminate();
} else {
  const endpoint = await Endpoint.connect(argument.name);
  await endpoint.send('hello');
  parentPort?.postMessage('sent');
  await endpoint.recv();
}
