/**
 * Closes regions on which an operation still works in another thread, collects garbage, and makes new regions meanwhile, which that operation must
 * not touch. Fails, or crashes, if anything goes wrong.
 */
import assert from 'node:assert';
import { randomFill } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Shm } from '../../dist/index.js';
import { collectUntil, isRetired, leftovers, regionRange } from './shm-leftovers.mjs';
import { argument, say } from './talk.mjs';

const SIZE = 24 * 1024 * 1024;
const NEW_REGIONS = 4;

/** What each needs, and how it begins: it ends when the operation has ended, in whichever way. */
const operations = {
  'gzip in many chunks': () => (bytes) => promisify(zlib.gzip)(bytes, { level: 0 }).catch(expectTakenAway),
  'brotli in many chunks': () => (bytes) =>
    promisify(zlib.brotliCompress)(bytes, { chunkSize: 64, params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }).catch(expectTakenAway),
  'zstd in many chunks': () => (bytes) => promisify(zlib.zstdCompress)(bytes, { chunkSize: 64 }).catch(expectTakenAway),
  'gunzip in many chunks': () => (bytes) => {
    bytes.set(zlib.gzipSync(Buffer.alloc(SIZE), { level: 0 }).subarray(0, SIZE));
    return promisify(zlib.gunzip)(bytes).catch(expectTakenAway);
  },
  // With room for the result as a whole.
  gzip: () => (bytes) => promisify(zlib.gzip)(bytes, { level: 1, chunkSize: SIZE }),
  brotli: () => (bytes) => promisify(zlib.brotliCompress)(bytes, { chunkSize: SIZE, params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  'crypto.randomFill': () => (bytes) => promisify(randomFill)(bytes),
  async 'fs.read'() {
    const file = await fs.promises.open('/dev/urandom');
    return (bytes) => promisify(fs.read)(file.fd, bytes, 0, SIZE, null).finally(() => file.close());
  },
  async 'fs.write'() {
    const file = await openFile();
    return (bytes) => promisify(fs.write)(file.fd, bytes).finally(() => file.close());
  },
  async 'fs.writev of many views'() {
    const file = await openFile();
    const part = SIZE / 16;
    return (bytes) => {
      const views = Array.from({ length: 16 }, (_, i) => bytes.subarray(i * part, (i + 1) * part));
      return promisify(fs.writev)(file.fd, views).finally(() => file.close());
    };
  },
  async 'a socket that takes no more'() {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const writer = net.connect(server.address().port, '127.0.0.1');
    const [reader] = await once(server, 'connection');
    server.close();
    return async (bytes) => {
      writer.end(bytes);
      await delayed();
      let received = 0;
      for await (const chunk of reader) received += chunk.length;
      assert.strictEqual(received, SIZE);
    };
  },
};

const begin = await operations[argument.operation]();
const changes = {
  close: (shm) => shm.close(),
  resize: (shm) => shm.resize(1),
  forget: () => {},
};

let shm = Shm.create(null, SIZE);
const old = regionRange();
shm.write(Buffer.alloc(SIZE, 'the old region'));
// What it answers may be the bytes themselves.
const ending = begin(shm.bytes).then(() => {});
await turn();
changes[argument.change](shm);
if (argument.change !== 'resize') shm = undefined;
globalThis.gc();
const fresh = Array.from({ length: NEW_REGIONS }, () => Shm.create(null, SIZE));
globalThis.gc();
await ending;
globalThis.gc();
for (const region of fresh) {
  assert(region.read().equals(Buffer.alloc(SIZE)), 'a new region was touched');
  region.close();
}
shm?.close();
assert(await collectUntil(() => leftovers().length === 0 && !isRetired(old)), 'the old region is still there');
say('done');

/** zlib comes back to its input, which is not there any more; or to one that ends too early. */
function expectTakenAway({ code }) {
  assert(['Z_BUF_ERROR', 'Z_DATA_ERROR'].includes(code), code);
}

/** Until the rest of this program has done its worst. */
async function delayed() {
  for (let i = 0; i < 10; i += 1) await turn();
}

/** One that nobody else can find. */
async function openFile() {
  const path = join(tmpdir(), argument.file);
  const file = await fs.promises.open(path, 'w');
  await fs.promises.rm(path);
  return file;
}
