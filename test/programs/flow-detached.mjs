/** Gives away the memory of received payloads, lets it be freed, and looks whether what comes next is written there. Needs --expose-gc. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const ROUNDS = 20;
const COLLECTIONS = 4;
const SIZE = 3000;
/** About as large as the memory that small payloads share, so that the allocator gives freed memory of that kind again. */
const NEIGHBOUR_SIZE = 8192;

const listener = await Listener.bind(argument.name);
const endpoint = await Endpoint.connect(argument.name);

let overwritten = 0;
let wrong = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  giveAway(await exchange(1));
  for (let i = 0; i < COLLECTIONS; i += 1) {
    globalThis.gc();
    await nextTurn();
  }
  const neighbours = Array.from({ length: 200 }, () => Buffer.alloc(NEIGHBOUR_SIZE));
  const payload = await exchange(2);
  if (!payload.equals(Buffer.alloc(SIZE, 2))) wrong += 1;
  overwritten += neighbours.filter((neighbour) => neighbour.some((byte) => byte !== 0)).length;
}
say('result', { overwritten, wrong });
await endpoint.close();
await listener.close();

async function exchange(fill) {
  await endpoint.send(Buffer.alloc(SIZE, fill));
  return (await listener.accept()).message.payload;
}

/** A stream of bytes takes the memory of what it is given, whoever else uses it. */
function giveAway(payload) {
  new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(payload) });
}
