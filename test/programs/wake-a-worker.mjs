/** A worker thread polls without a timeout; the main thread wakes it. Says what the worker's poll reported. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Events, Poller, Waker } from '../../dist/index.js';
import { say } from './talk.mjs';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const [transferable] = await once(worker, 'message');
  const waker = Waker.from(transferable);
  waker.wake();
  const [woken] = await once(worker, 'message');
  waker.close();
  say('woken', woken);
} else {
  const poller = new Poller();
  const waker = poller.waker();
  parentPort?.postMessage(waker.toTransferable());
  const events = new Events();
  poller.poll(events);
  parentPort?.postMessage([...events].map(({ token, fromWaker }) => ({ token, fromWaker })));
  waker.close();
  poller.close();
}
