/** Terminates worker threads inside `poll()` without a timeout. Says how many descriptors there were before and are afterwards. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Events, Poller } from '../../dist/index.js';
import { openHandles } from './open-handles.mjs';
import { argument, say } from './talk.mjs';

if (isMainThread) {
  await terminateOne();
  const before = openHandles();
  for (let i = 0; i < argument.workers; i += 1) await terminateOne();
  const deadline = performance.now() + 5000;
  while (openHandles() > before && performance.now() < deadline) await sleep(20);
  say('descriptors', { before, after: openHandles() });
} else {
  const poller = new Poller();
  parentPort?.postMessage('polling');
  poller.poll(new Events());
}

async function terminateOne() {
  const worker = new Worker(new URL(import.meta.url));
  await once(worker, 'message');
  await sleep(50);
  await worker.terminate();
}
