/** Terminates worker threads that wait in shared memory, each in one way. Says what is left of them. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Shm, ShmMutex } from 'gips';
import { argument, say } from './talk.mjs';

const ways = {
  /** @param {Shm} shm */
  wait: (shm) => Array.from({ length: 20 }, () => shm.wait(0, 0)),
  /** @param {Shm} shm */
  waitSync: (shm) => shm.waitSync(0, 0),
  /** @param {Shm} shm */
  lock: (shm) => Array.from({ length: 20 }, () => new ShmMutex(shm, 64).lock()),
  /** @param {Shm} shm */
  lockSync: (shm) => new ShmMutex(shm, 64).lockSync(),
  /** @param {Shm} shm */
  hold: (shm) => [new ShmMutex(shm, 128).lockSync(), shm.wait(0, 0)],
};

/** How many threads are in futex_waitv. */
function waitingThreads() {
  return readdirSync('/proc/self/task').filter((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/syscall`, 'latin1').startsWith('449 ');
    } catch {
      return false; // it has just ended
    }
  }).length;
}

function inventory() {
  const regions = readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => line.includes(argument.region));
  return { threads: readdirSync('/proc/self/task').length, mappings: regions.length };
}

async function terminateOne(way) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: way });
  const before = waitingThreads();
  await once(worker, 'message');
  while (waitingThreads() <= before + (way.startsWith('wait') ? 0 : 1)) await new Promise(setImmediate);
  await worker.terminate();
}

if (isMainThread) {
  const shm = Shm.open(argument.region);
  const held = new ShmMutex(shm, 64).lockSync();
  await terminateOne('wait');
  const before = inventory();
  for (const way of Object.keys(ways)) {
    await terminateOne(way);
    say('terminated', way);
  }
  say('inventory', { before, after: inventory() });
  held.release();
  say('orphan', new ShmMutex(shm, 128).lockSync(5_000).ownerDied);
  say('free', new ShmMutex(shm, 64).lockSync(5_000).ownerDied);
} else {
  const shm = Shm.open(argument.region);
  parentPort?.postMessage('ready');
  ways[workerData](shm);
  setInterval(() => {}, 1_000);
}
