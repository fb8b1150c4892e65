/** Either end of an echo of large messages. The client checks what comes back, both say how far their memory has grown. */
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { role, name, size, count } = argument;

/** Bytes that tell where in which message they belong. */
function fill(bytes, number) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let at = 0; at < words.length; at += 1024) words[at] = number * 0x9e3779b1 + at;
}

function isFilled(bytes, number) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let at = 0; at < words.length; at += 1024) if (words[at] !== (number * 0x9e3779b1 + at) >>> 0) return false;
  return true;
}

const samples = [];
const measure = () => samples.push(process.memoryUsage.rss());

/** By how much memory has grown, mostly and at the most. */
function growth(before) {
  const grown = samples.map((bytes) => bytes - before).sort((a, b) => a - b);
  return { median: grown[grown.length >> 1], most: grown.at(-1) };
}

async function serve() {
  const listener = await Listener.bind(name);
  say('listening');
  const before = process.memoryUsage.rss();
  for await (const { value: connection } of [await listener.connections().next()]) {
    for await (const message of connection) {
      await connection.send(message.payload);
      measure();
    }
  }
  say('grown', growth(before));
  await listener.close();
}

async function call() {
  const endpoint = await Endpoint.connect(name);
  const before = process.memoryUsage.rss();
  const payload = Buffer.alloc(size);
  let good = 0;
  for (let number = 0; number < count; number += 1) {
    fill(payload, number);
    await endpoint.send(payload);
    const { payload: echo } = await endpoint.recv();
    if (echo.length === size && isFilled(echo, number)) good += 1;
    if (number === 0) say('begun');
    measure();
  }
  say('good', good);
  // Its own copy is neither message nor pool.
  say('grown', growth(before + size));
  await endpoint.close();
}

await (role === 'server' ? serve() : call());
