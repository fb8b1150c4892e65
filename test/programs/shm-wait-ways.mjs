/** All the ways in which a wait can end, many times. Says what went wrong. */
import { Shm, ShmMutex } from 'gips';
import { say } from './talk.mjs';

const shm = Shm.create(null, 4096);
const problems = [];

/** @param {string} what @param {unknown} actual @param {unknown} expected */
function check(what, actual, expected) {
  if (actual !== expected) problems.push(`${what}: ${String(actual)}`);
}

/** @param {number} byteOffset @param {number} count */
async function notifyInAll(byteOffset, count) {
  for (let woken = 0; woken < count; await new Promise(setImmediate)) woken += shm.notify(byteOffset, count - woken);
}

for (let round = 0; round < 50; round += 1) {
  const controller = new AbortController();
  const aborted = [shm.wait(0, 0, { signal: controller.signal }), shm.wait(0, 0, { signal: controller.signal })];
  const others = [shm.wait(4, 0), shm.wait(4, 0)];
  if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  controller.abort();
  for (const wait of aborted) check('aborted', await wait.catch((error) => error.name), 'AbortError');
  await notifyInAll(4, 2);
  for (const wait of others) check('notified', await wait, 'ok');
  check('timed out', await shm.wait(0, 0, { timeout: 1 }), 'timed-out');
  check('blocking', shm.waitSync(0, 0, 1), 'timed-out');
  check('nobody', shm.notify(0), 0);
}

const mutex = new ShmMutex(shm, 64);
let owners = 0;
await Promise.all(
  Array.from({ length: 100 }, async (_, index) => {
    const lock = await mutex.lock(index % 3 === 0 ? { timeout: 1 } : {}).catch(() => undefined);
    if (lock === undefined) return;
    owners += 1;
    check('owners', owners, 1);
    await new Promise(setImmediate);
    owners -= 1;
    lock.release();
  }),
);
const lock = mutex.lockSync();
const closed = [...Array.from({ length: 50 }, () => shm.wait(0, 0)), mutex.lock()];
shm.close();
for (const { reason } of await Promise.allSettled(closed)) check('closed', reason?.code, 'ERR_GIPS_CLOSED');
lock.release();
say('problems', problems);
