/** Gets the memory of a region from a worker thread, by transfer, and uses it when that thread has been terminated. Fails, or crashes, if that goes wrong. */
import assert from 'node:assert';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Shm } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const SIZE = 1024 * 1024;

if (isMainThread) await use();
else give();

function give() {
  const shm = Shm.create(null, SIZE);
  shm.write('given');
  const buffer = shm.bytes.buffer.transfer();
  parentPort.postMessage(buffer, [buffer]);
  if (argument.closes) shm.close();
  setInterval(() => {}, 1000);
}

async function use() {
  const worker = new Worker(new URL(import.meta.url), { argv: [JSON.stringify(argument)] });
  const [buffer] = await once(worker, 'message');
  await sleep(20);
  await worker.terminate();
  const bytes = new Uint8Array(buffer);
  const fresh = Array.from({ length: 20 }, () => Shm.create(null, SIZE));
  globalThis.gc();
  assert.strictEqual(Buffer.from(bytes.subarray(0, 5)).toString('latin1'), argument.closes ? '\0\0\0\0\0' : 'given');
  bytes.fill(7);
  for (const shm of fresh) {
    assert(shm.read().equals(Buffer.alloc(SIZE)), 'a new region was touched');
    shm.close();
  }
  say('done');
}
