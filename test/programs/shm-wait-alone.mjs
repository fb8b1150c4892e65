/** Has nothing to do but to wait, once. */
import { Shm } from 'gips';
import { argument, say } from './talk.mjs';

const shm = Shm.open(argument.region);
await shm.wait(0, 0, { timeout: 1 });
say('begun');
if (argument.waits) say('waited', await shm.wait(0, 0));
