/** Serves one client and takes a moment over each message. Says at the end how many there were, and whether each was the right one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Listener } from '../../dist/index.js';
import { stampOf } from './stamped.mjs';
import { argument, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
say('listening', argument.name);
const { value: connection } = await listener.connections().next();
let count = 0;
let isInOrder = true;
for await (const { payload } of connection) {
  isInOrder &&= stampOf(payload) === count;
  count += 1;
  await sleep(1);
}
say('received', { count, isInOrder });
await listener.close();
