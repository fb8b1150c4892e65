/** Receives numbered messages from a service to the end, while its system calls fail as told. */
import { Endpoint } from '../../dist/index.js';
import { tally } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, faults, isBlocking } = argument;
const endpoint = await Endpoint.connect(name);
process.env.FAULTS = faults;
say('received', await tally(() => (isBlocking ? endpoint.recvSync() : endpoint.recv())));
await endpoint.close();
