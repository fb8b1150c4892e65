/** Begins to wait in shared memory while system calls fail as told, and once more when they no longer do. Says how both ended. */
import { Shm, ShmMutex } from 'gips';
import { argument, report } from './talk.mjs';

const shm = Shm.create(null, 4096);
const held = argument.what.startsWith('lock') ? new ShmMutex(shm, 64) : undefined;
held?.tryLock();

const attempts = {
  wait: () => shm.wait(0, 0, { timeout: 1 }),
  waitSync: () => shm.waitSync(0, 0, 1),
  'new ShmMutex': () => new ShmMutex(shm, 128).tryLock()?.ownerDied,
  lock: () => held?.lock({ timeout: 1 }),
};

process.env.FAULTS = argument.faults;
await report('faulty', attempts[argument.what]);
process.env.FAULTS = '';
await report('good', attempts[argument.what]);
