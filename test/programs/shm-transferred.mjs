/** Gives the memory of a region away by a transfer, and closes the region. Fails, or crashes, if anything but an error comes of it. */
import assert from 'node:assert';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Shm } from '../../dist/index.js';
import { collectUntil, leftovers } from './shm-leftovers.mjs';
import { argument, say } from './talk.mjs';

const SIZE = 1024 * 1024;

/** Each answers the views that whoever it was transferred to has. */
const transfers = {
  structuredClone(bytes) {
    return attempt(() => structuredClone(bytes, { transfer: [bytes.buffer] }));
  },
  async 'postMessage to a worker'(bytes) {
    const source = `const { parentPort } = require('node:worker_threads');
      parentPort.once('message', (bytes) => { bytes.fill(1); setTimeout(() => { bytes.fill(2); parentPort.postMessage('done'); }, 50); });`;
    const worker = new Worker(source, { eval: true });
    attempt(() => worker.postMessage(bytes, [bytes.buffer]));
    worker.postMessage(new Uint8Array(1));
    shm.close();
    await once(worker, 'message');
    await worker.terminate();
  },
  async 'a stream of bytes'(bytes) {
    const stream = new ReadableStream({ type: 'bytes', start: (controller) => attempt(() => controller.enqueue(bytes)) });
    const reader = stream.getReader();
    return (await Promise.race([reader.read(), turn({ value: undefined })])).value;
  },
  async 'a buffer to be read into'(bytes) {
    const stream = new ReadableStream({ type: 'bytes', pull: (controller) => controller.enqueue(new Uint8Array(5).fill(6)) });
    const reader = stream.getReader({ mode: 'byob' });
    return (await reader.read(bytes).catch(() => ({}))).value;
  },
  'ArrayBuffer.prototype.transfer'(bytes) {
    return new Uint8Array(bytes.buffer.transfer());
  },
  async 'transfer, and postMessage to a worker that is terminated'(bytes) {
    const moved = bytes.buffer.transfer();
    const worker = new Worker(
      `require('node:worker_threads').parentPort.once('message', (buffer) => { for (;;) new Uint8Array(buffer)[0]++; });`,
      {
        eval: true,
      },
    );
    attempt(() => worker.postMessage(moved, [moved]));
    shm.close();
    await turn();
    globalThis.gc();
    await worker.terminate();
  },
};

let shm = Shm.create(null, SIZE);
shm.write('given away');
const views = [shm.bytes, shm.read(10)];
const given = [await transfers[argument.transfer](shm.bytes)];
globalThis.gc();
if (argument.transfer !== 'postMessage to a worker' && !argument.transfer.endsWith('terminated')) {
  // The region has its memory still.
  assert.strictEqual(shm.write('again'), 5);
  assert.strictEqual(shm.read(0, 5).toString(), 'again');
}
shm.close();
globalThis.gc();
touch(given[0]);
for (const view of views) assert.strictEqual(view.length, 0);
const fresh = Array.from({ length: 10 }, () => Shm.create(null, SIZE));
touch(given[0]);
await turn();
globalThis.gc();
touch(given[0]);
for (const region of fresh) {
  assert(region.read().equals(Buffer.alloc(SIZE)), 'a new region was touched');
  region.close();
}
shm = undefined;
views.length = given.length = 0;
assert(await collectUntil(() => leftovers().length === 0), leftovers().join('\n'));
say('done');

function touch(view) {
  if (view === undefined || view.length === 0) return;
  view[0] += 1;
  view[view.length - 1] += 1;
}

function attempt(call) {
  try {
    return call();
  } catch {
    return undefined;
  }
}
