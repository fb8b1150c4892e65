/** Several worker threads and the main one increment a number under one lock, each with blocking and other calls at once. Says the number. */
import { once } from 'node:events';
import { isMainThread, Worker } from 'node:worker_threads';
import { Shm, ShmMutex } from 'gips';
import { argument, say } from './talk.mjs';

const { region, threads, count } = argument;
const shm = Shm.open(region);
const number = shm.view(Int32Array, 64, 1);

function increment(lock) {
  const before = number[0];
  number[0] = before + 1;
  lock.release();
}

async function work() {
  const [first, second] = [new ShmMutex(shm, 0), new ShmMutex(Shm.open(region), 0)];
  for (let i = 0; i < count; i += 4) {
    const waits = [first.lock().then(increment), second.lock().then(increment), first.lock().then(increment)];
    // What this thread has been given by then, it has given back; what it is given in between, it is not told of.
    await new Promise(setImmediate);
    increment(second.lockSync());
    await Promise.all(waits);
  }
}

const workers = isMainThread
  ? Array.from({ length: threads - 1 }, () => new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }))
  : [];
const ends = workers.map((worker) => once(worker, 'exit'));
await work();
await Promise.all(ends);
if (isMainThread) say('counted', number[0]);
