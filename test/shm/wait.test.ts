import { Shm } from 'gips';
import { eventually, within } from '../support/deadline.js';
import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { waitingThreads } from '../support/threads.js';

let shm: Shm;
let numbers: Int32Array;
beforeEach(() => {
  shm = keep(Shm.create(null, 4096));
  numbers = shm.view(Int32Array);
});

/** Until so many waits have begun, and all others have ended. */
async function waiters(count: number): Promise<void> {
  await eventually(() => expect(waitingThreads(process.pid)).toBe(count));
}

test('a wait on another number does not begin', async () => {
  numbers[3] = -5;
  expect(await shm.wait(12, 0)).toBe('not-equal');
  expect(shm.waitSync(12, 0)).toBe('not-equal');
  expect(await shm.wait(12, -5, { timeout: 1 })).toBe('timed-out');
});

test('a wait resolves when its time has passed', async () => {
  expect(await shm.wait(0, 0, { timeout: 10 })).toBe('timed-out');
  expect(await shm.wait(0, 0, { timeout: 0 })).toBe('timed-out');
  expect(shm.waitSync(0, 0, 10)).toBe('timed-out');
  expect(shm.waitSync(0, 0, 250)).toBe('timed-out');
  expect(shm.waitSync(0, 0, 0)).toBe('timed-out');
});

test('notify wakes as many as it says, of those who wait on that number', async () => {
  const ended: number[] = [];
  const waits = [1, 2, 3].map(async (id) => {
    expect(await shm.wait(0, 0)).toBe('ok');
    ended.push(id);
  });
  const other = shm.wait(4, 0);
  await waiters(4);
  expect(shm.notify(8)).toBe(0);
  expect(shm.notify(0, 0)).toBe(0);
  expect(shm.notify(0, 2)).toBe(2);
  await waiters(2);
  // One that ended too many would have reported by the time this comes back.
  expect(await shm.wait(8, 0, { timeout: 50 })).toBe('timed-out');
  expect(ended).toHaveLength(2);
  expect(shm.notify(0)).toBe(1);
  await within(Promise.all(waits), 'all waits');
  expect(shm.notify(4, Number.MAX_SAFE_INTEGER)).toBe(1);
  expect(await other).toBe('ok');
});

test('an aborted wait rejects with the reason and takes no wake-up from others', async () => {
  const reason = new Error('enough');
  await expect(shm.wait(0, 0, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  for (let round = 0; round < 50; round += 1) {
    const controller = new AbortController();
    const aborted = shm.wait(0, 0, { signal: controller.signal });
    const other = shm.wait(0, 0);
    await waiters(2);
    // In one turn: whichever thread was woken, the other wait is the one that ends.
    expect(shm.notify(0, 1)).toBe(1);
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(await within(other, 'the wait that was not aborted')).toBe('ok');
  }
});

test('a wait that is aborted as soon as it has begun', async () => {
  for (let round = 0; round < 100; round += 1) {
    const controller = new AbortController();
    const wait = shm.wait(0, 0, { signal: controller.signal });
    controller.abort();
    await expect(wait).rejects.toMatchObject({ name: 'AbortError' });
  }
  await waiters(0);
  expect(shm.notify(0)).toBe(0);
});

test('closing the region rejects its waits and no others', async () => {
  const other = keep(Shm.from(shm.toObject()));
  const waits = Array.from({ length: 10 }, () => shm.wait(0, 0));
  const survivor = other.wait(0, 0);
  await waiters(11);
  shm.close();
  const closed = { status: 'rejected', reason: errorLike({ code: 'ERR_GIPS_CLOSED' }) };
  expect(await Promise.allSettled(waits)).toEqual(waits.map(() => closed));
  await expect(shm.wait(0, 0)).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(() => shm.waitSync(0, 0)).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(() => shm.notify(0)).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(other.notify(0)).toBe(1);
  expect(await survivor).toBe('ok');
});

test('hundreds of waits at once', async () => {
  const waits = Array.from({ length: 500 }, (_, index) => shm.wait(4 * (index % 10), 0));
  await waiters(500);
  for (let index = 0; index < 10; index += 1) expect(shm.notify(4 * index)).toBe(50);
  expect(await within(Promise.all(waits), 'all waits')).toEqual(Array.from({ length: 500 }, () => 'ok'));
});

test('resizing and remapping leave waits alone', async () => {
  const growing = keep(Shm.create(null, { size: 64, maxSize: 65_536 }));
  const wait = growing.wait(0, 0);
  await waiters(1);
  growing.resize(65_536);
  growing.remap();
  expect(growing.notify(0)).toBe(1);
  expect(await wait).toBe('ok');
  expect(await growing.wait(65_532, 1)).toBe('not-equal');
});

test('bad arguments are errors before anything waits', async () => {
  for (const byteOffset of [-4, 1, 2, 4093, 4096, 1.5, NaN, Infinity]) {
    await expect(shm.wait(byteOffset, 0)).rejects.toThrow(badArgument('ERR_OUT_OF_RANGE', 'byteOffset', ''));
    expect(() => shm.waitSync(byteOffset, 0)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'byteOffset', ''));
    expect(() => shm.notify(byteOffset)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'byteOffset', ''));
  }
  const tooSmall = keep(Shm.create(null, 3));
  expect(() => tooSmall.notify(0)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'byteOffset', 'a region of at least 4 bytes'));
  for (const expected of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) {
    await expect(shm.wait(0, expected)).rejects.toThrow(badArgument('ERR_OUT_OF_RANGE', 'expected', ''));
  }
  await expect(shm.wait(0, '0' as never)).rejects.toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'expected', 'number'));
  await expect(shm.wait(0, 0, { timeout: -1 })).rejects.toThrow(badArgument('ERR_OUT_OF_RANGE', 'options.timeout', ''));
  expect(() => shm.waitSync(0, 0, -1)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'timeout', ''));
  for (const count of [-1, 0.5, NaN]) expect(() => shm.notify(0, count)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'count', ''));
});
