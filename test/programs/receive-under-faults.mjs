/** Receives numbered messages from a service to the end, while its system calls fail as told. */
import { Endpoint } from '../../dist/index.js';
import { tally } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, faults, connects, receives } = argument;
// Before there is a connection, because the first messages may come along with the server's greeting.
process.env.FAULTS = faults;
const endpoint = await Endpoint[connects](name);
say('received', await tally(() => endpoint[receives]()));
await endpoint.close();
