/** Sends to a service, or receives from it, messages with objects while its system calls fail as told. Says what came of each. */
import { openSync, readdirSync } from 'node:fs';
import { Endpoint, IpcObject } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, faults, does, count } = argument;
const object = IpcObject.from({ fd: openSync('/dev/null', 'r') });
const endpoint = await Endpoint.connect(name);
const descriptors = () => readdirSync('/proc/self/fd').length;
const before = descriptors();
process.env.FAULTS = faults;

const outcomes = [];
for (let i = 0; i < count; i++) outcomes.push(await outcomeOf(does === 'send' ? send(i) : receive()));
say('outcomes', outcomes);
say('left', descriptors() - before);
await endpoint.close();

async function send(i) {
  await endpoint.send(`message ${i}`, { objects: [object, object, object] });
  return 'sent';
}

async function receive() {
  const { payload, objects } = await endpoint.recv();
  for (const received of objects) received.close();
  return `${payload.subarray(0, 9)} of ${payload.length} bytes with ${objects.length} objects`;
}

async function outcomeOf(promise) {
  try {
    return await promise;
  } catch ({ code }) {
    return code;
  }
}
