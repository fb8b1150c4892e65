/** Sends numbered messages to a service, some with an object, while its system calls fail as told, and says goodbye. */
import { openSync } from 'node:fs';
import { Endpoint, IpcObject } from '../../dist/index.js';
import { numbered } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, faults, count, connects, sends } = argument;
const object = IpcObject.from({ fd: openSync('/dev/null', 'r') });
const endpoint = await Endpoint[connects](name);
process.env.FAULTS = faults;
for (let number = 0; number < count; number++) {
  const options = number % 50 === 7 ? { objects: [object] } : {};
  await endpoint[sends](numbered(number), options);
}
await endpoint.close();
say('closed', await endpoint.closed);
