/** Gets messages with objects, forgets them and collects garbage. Says how many descriptors it has: before, while it holds them, afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from '../../dist/index.js';
import { openHandles } from './open-handles.mjs';
import { argument, say } from './talk.mjs';

const endpoint = await Endpoint.connect(argument.name);
// With it comes what there is once in a process.
await endpoint.recv();
const before = openHandles();
say('ready');
const held = await receiveAll();
const during = openHandles();
say('holding', { before, during, held: held.length });
held.length = 0;
await collectUntil(before);
say('dropped', openHandles());
await endpoint.close();

async function receiveAll() {
  const messages = [];
  while (messages.length < argument.messages) messages.push(await endpoint.recv());
  return messages;
}

/** @param {number} count */
async function collectUntil(count) {
  for (let attempt = 0; attempt < 100 && openHandles() > count; attempt += 1) {
    globalThis.gc?.();
    await sleep(10);
  }
}
