/** Takes and gives back a lock as it is told. */
import { Shm, ShmMutex } from 'gips';
import { argument, commands, say } from './talk.mjs';

const shm = Shm.open(argument.region);
const mutex = new ShmMutex(shm, argument.byteOffset ?? 0);
/** @type {import('gips').ShmLock | null} */
let held = null;

/** @param {() => Promise<import('gips').ShmLock> | import('gips').ShmLock | null} take */
async function take(take) {
  try {
    held = await take();
    say('locked', held === null ? null : { ownerDied: held.ownerDied });
  } catch (error) {
    say('locked', { code: error.code });
  }
}

/** @type {Record<string, (data: any) => unknown>} */
const actions = {
  lock: (timeout) => take(() => mutex.lock({ timeout: timeout ?? undefined })),
  lockSync: (timeout) => take(() => mutex.lockSync(timeout ?? undefined)),
  tryLock: () => take(() => mutex.tryLock()),
  release: () => {
    held?.release();
    say('released');
  },
  close: () => shm.close(),
  exit: () => process.exit(),
};

say('ready');
for await (const [command, data] of commands()) void actions[command]?.(data);
