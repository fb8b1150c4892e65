/** Terminates worker threads that have regions in every state. Says what is left of them. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { randomFill } from 'node:crypto';
import { gzip } from 'node:zlib';
import { Shm } from '../../dist/index.js';
import { collectUntil, leftovers } from './shm-leftovers.mjs';
import { argument, say } from './talk.mjs';

const SIZE = 8 * 1024 * 1024;
const kept = [];

const states = {
  'an open region': () => kept.push(create()),
  'a view'() {
    const shm = create();
    kept.push(shm, shm.bytes, shm.view(Int32Array));
  },
  'a view of a region that was forgotten': () => kept.push(create().bytes),
  'nothing but garbage': () => void create().bytes,
  'garbage that was collected just now'() {
    void create().bytes;
    globalThis.gc();
  },
  'a region that is closed'() {
    const shm = create();
    kept.push(shm, shm.bytes);
    shm.close();
  },
  'a region that was resized'() {
    const shm = create();
    kept.push(shm, shm.bytes);
    shm.resize(10);
    kept.push(shm.bytes);
  },
  'a region that is compressed'() {
    const shm = create();
    gzip(shm.bytes, () => kept.push(shm));
  },
  'a region that is filled and closed'() {
    const shm = create();
    randomFill(shm.bytes, () => {});
    shm.close();
  },
  objects() {
    const shm = create();
    kept.push(shm.toObject(), shm.toObject().toShm());
  },
  'a region by name'() {
    const shm = Shm.create(argument.name, SIZE);
    kept.push(shm, shm.bytes);
    shm.unlink();
  },
};

if (isMainThread) await terminateAll();
else stay();

function create() {
  const shm = Shm.create(null, SIZE);
  shm.write('x'.repeat(SIZE));
  return shm;
}

function stay() {
  states[argument.state]();
  parentPort.postMessage('there');
  if (argument.exits) process.exit();
  setInterval(() => {}, 1000);
}

async function terminateAll() {
  const left = {};
  for (const exits of [false, true]) {
    for (const state of Object.keys(states)) {
      const worker = new Worker(new URL(import.meta.url), { argv: [JSON.stringify({ ...argument, state, exits })] });
      const exit = once(worker, 'exit');
      await once(worker, 'message');
      if (!exits) await worker.terminate();
      await exit;
      await collectUntil(() => leftovers().length === 0);
      left[`${state}${exits ? ', and exits' : ''}`] = leftovers();
    }
  }
  say('left', left);
}
