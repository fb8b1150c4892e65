/** Sends to a service, or receives from it, messages with objects while its system calls fail as told. Says what came of each. */
import { openSync, readdirSync, readlinkSync } from 'node:fs';
import { Endpoint, IpcObject } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, faults, does, count } = argument;
const object = IpcObject.from({ fd: openSync('/dev/null', 'r') });
const before = objectsOpen();
// Before there is a connection, because the first messages may come along with the server's greeting.
process.env.FAULTS = faults;
const endpoint = await Endpoint.connect(name);

const outcomes = [];
for (let i = 0; i < count; i++) outcomes.push(await outcomeOf(does === 'send' ? send(i) : receive()));
say('outcomes', outcomes);
say('left', objectsOpen() - before);
await endpoint.close();

/** All objects are of /dev/null. */
function objectsOpen() {
  return readdirSync('/proc/self/fd').filter((fd) => targetOf(fd) === '/dev/null').length;
}

function targetOf(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // the directory's own
  }
}

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
