/** A thread that waits for its service and blocks, and is terminated meanwhile. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Endpoint } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: argument });
  worker.once('message', () => void worker.terminate().then(() => say('terminated')));
} else {
  parentPort?.postMessage('waiting');
  Endpoint.connectSync(workerData.name, { wait: true });
}
