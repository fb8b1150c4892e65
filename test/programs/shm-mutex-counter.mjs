/** Increments a number in shared memory again and again, in two steps that a lock makes one. Says how often it was told of a dead owner. */
import { Shm, ShmMutex } from 'gips';
import { argument, say } from './talk.mjs';

const { region, count, isBlocking } = argument;
const shm = Shm.open(region);
const mutex = new ShmMutex(shm, 0);
const [number] = [shm.view(Int32Array, 64, 1)];
let deaths = 0;
say('ready');
for (let i = 0; i < count; i += 1) {
  const lock = isBlocking ? mutex.lockSync() : await mutex.lock();
  if (lock.ownerDied) deaths += 1;
  const before = number[0];
  number[0] = before + 1;
  lock.release();
}
say('counted', deaths);
