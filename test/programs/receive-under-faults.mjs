/** Receives numbered messages from a service to the end, while its system calls fail as told. */
import { Endpoint } from '../../dist/index.js';
import { numberOf } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, faults, isBlocking } = argument;
const endpoint = await Endpoint.connect(name);
process.env.FAULTS = faults;

let count = 0;
let firstOutOfOrder = null;
try {
  for (;;) {
    const message = isBlocking ? endpoint.recvSync() : await endpoint.recv();
    for (const object of message.objects) object.close();
    const number = numberOf(message.payload);
    if (number !== count) firstOutOfOrder ??= { number, expected: count };
    count += 1;
  }
} catch (error) {
  say('end', { count, firstOutOfOrder, code: error.code });
}
await endpoint.close();
