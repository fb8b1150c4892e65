/** The main thread polls without a timeout; a worker thread wakes it. Says of each poll whether it was the waker that ended it. */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Events, Poller, Waker } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

if (isMainThread) {
  const poller = new Poller();
  const waker = poller.waker();
  new Worker(new URL(import.meta.url), { workerData: { waker: waker.toTransferable(), ...argument } });
  waker.close();
  const events = new Events();
  const woken = [];
  for (let i = 0; i < argument.wakes; i += 1) {
    poller.poll(events);
    woken.push([...events].every((event) => event.fromWaker));
  }
  poller.close();
  say('woken', woken);
} else {
  const waker = Waker.from(workerData.waker);
  for (let i = 0; i < workerData.wakes; i += 1) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, workerData.gapMs);
    waker.wake();
  }
  waker.close();
}
