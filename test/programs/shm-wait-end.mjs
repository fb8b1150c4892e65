/** Ends while it waits in every way that does not block. */
import { Shm, ShmMutex } from 'gips';
import { argument, say } from './talk.mjs';

const shm = Shm.open(argument.region);
const mutex = new ShmMutex(shm, 64);
for (let i = 0; i < 20; i += 1) for (const wait of [shm.wait(0, 0), mutex.lock()]) wait.catch(() => {});
say('begun');
if (argument.way === 'exit') process.exit(7);
process.on('exit', () => (process.exitCode = 7));
throw new Error('on purpose');
