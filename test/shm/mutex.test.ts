import { setTimeout as sleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { Shm, ShmMutex } from 'gips';
import { eventually, within } from '../support/deadline.js';
import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { regionName } from '../support/names.js';
import { type Program, start } from '../support/processes.js';
import { mappedRegions } from '../support/regions.js';
import { expectAsleep, lockWaiters } from '../support/threads.js';

let shm: Shm;
let mutex: ShmMutex;
const OFFSET = 64;

beforeEach(() => {
  shm = keep(Shm.create(null, 8192));
  mutex = new ShmMutex(shm, OFFSET);
});

/** Until so many calls wait for the lock. */
async function waiters(count: number): Promise<void> {
  await eventually(() => {
    expect(lockWaiters(shm, OFFSET)).toBe(count);
    expectAsleep([process.pid], count);
  });
}

async function lockBriefly(): Promise<void> {
  (await mutex.lock()).release();
}

/** Keeps the thread from the event loop. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('one has the lock at a time', async () => {
  const first = await mutex.lock();
  expect(first.ownerDied).toBe(false);
  expect(mutex.tryLock()).toBeNull();
  const second = mutex.lock();
  await waiters(1);
  expect(mutex.tryLock()).toBeNull();
  first.release();
  (await second).release();
  const third = mutex.tryLock();
  third?.[Symbol.dispose]();
  mutex.lockSync().release();
  expect(shm.read(64, 64).equals(Buffer.alloc(64))).toBe(true);
});

test('giving a lock back twice gives nothing away', () => {
  const first = mutex.lockSync();
  first.release();
  const second = mutex.lockSync();
  first.release();
  expect(mutex.tryLock()).toBeNull();
  second.release();
});

test('locks at other places have nothing to do with each other', () => {
  const offsets = [0, 128, 192, 4096 - 24 - 64, 4096 - 24, 8192 - 64];
  const locks = offsets.map((offset) => new ShmMutex(shm, offset).lockSync());
  for (const offset of offsets) expect(new ShmMutex(shm, offset).tryLock()).toBeNull();
  for (const lock of locks) lock.release();
  for (const offset of offsets) new ShmMutex(shm, offset).lockSync().release();
});

test('everybody who waits in one thread gets it', async () => {
  const held = mutex.lockSync();
  const done: number[] = [];
  const waits = Array.from({ length: 50 }, async (_, index) => {
    const lock = await mutex.lock();
    done.push(index);
    lock.release();
  });
  await waiters(50);
  held.release();
  await within(Promise.all(waits), 'all locks');
  expect(done).toHaveLength(50);
});

test('the same memory mapped twice has the same lock', async () => {
  const other = new ShmMutex(keep(Shm.from(shm.toObject())), 64);
  const lock = mutex.lockSync();
  expect(other.tryLock()).toBeNull();
  expect(() => other.lockSync()).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  const next = other.lock();
  await waiters(1);
  lock.release();
  const second = await next;
  expect(() => mutex.lockSync()).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  second.release();
  mutex.lockSync().release();
});

test('a thread that would wait for itself is told', () => {
  const lock = mutex.lockSync();
  expect(() => mutex.lockSync()).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  expect(() => mutex.lockSync(0)).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  lock.release();
});

test('a blocking call passes one that has the lock and does not know it yet', async () => {
  for (let round = 0; round < 20; round += 1) {
    const held = mutex.lockSync();
    const waits = [lockBriefly(), lockBriefly()];
    await waiters(2);
    held.release();
    block(round);
    const blocking = mutex.lockSync(5_000);
    expect(blocking.ownerDied).toBe(false);
    blocking.release();
    await within(Promise.all(waits), 'the locks that were passed');
  }
});

test('who gives up leaves the lock to others', async () => {
  const reason = new Error('enough');
  await expect(mutex.lock({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  for (let round = 0; round < 30; round += 1) {
    const held = mutex.lockSync();
    const controller = new AbortController();
    const aborted = mutex.lock({ signal: controller.signal });
    const late = mutex.lock({ timeout: 1 });
    const other = mutex.lock();
    held.release();
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    const outcome = await late.then(
      (lock) => (lock.release(), 'locked'),
      (error: { code: string }) => error.code,
    );
    expect(['locked', 'ETIMEDOUT']).toContain(outcome);
    const lock = await within(other, 'the lock');
    expect(lock.ownerDied).toBe(false);
    lock.release();
  }
  await waiters(0);
  expect(shm.read(64, 64).equals(Buffer.alloc(64))).toBe(true);
});

test('a call whose time has passed', async () => {
  const held = mutex.lockSync();
  await expect(mutex.lock({ timeout: 10 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT', message: '10 ms' }));
  await expect(mutex.lock({ timeout: 0 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  held.release();
  (await mutex.lock({ timeout: 0 })).release();
  mutex.lockSync(0).release();
});

test('closing the region leaves the lock as a dead owner does', async () => {
  const other = new ShmMutex(keep(Shm.from(shm.toObject())), 64);
  const lock = mutex.lockSync();
  const pending = mutex.lock();
  const next = other.lock();
  await waiters(2);
  shm.close();
  await expect(pending).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  const heir = await within(next, 'the lock');
  expect(heir.ownerDied).toBe(true);
  lock.release();
  expect(other.tryLock()).toBeNull();
  heir.release();
  expect(other.lockSync().ownerDied).toBe(false);
  await expect(mutex.lock()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(() => mutex.lockSync()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(() => mutex.tryLock()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(() => new ShmMutex(shm, 0)).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
});

test('whatever a peer writes into a lock, this process does not crash', async () => {
  const words = shm.view(Int32Array, 64, 16);
  const own = mutex.lockSync();
  const ownWord = words[0]!;
  own.release();
  const values = [0, 1, -1, ownWord, ownWord | 0x8000_0000, 0x4000_0000, 0xc000_0000 | 0, 0x8000_0000 | 0, process.pid, 0x3fff_ffff];
  for (const value of values) {
    words.fill(value);
    for (const take of [() => mutex.tryLock(), () => mutex.lockSync(5), () => mutex.lock({ timeout: 5 })]) {
      words[0] = value;
      const lock = await Promise.resolve()
        .then(take)
        .catch(() => null);
      words.fill(value === 0 ? -1 : 0);
      // With the word set to zero, it can be had a second time.
      const second = mutex.tryLock();
      lock?.release();
      second?.release();
    }
  }
  const waits = [lockBriefly(), lockBriefly()];
  words.fill(0x1234);
  const waiting = mutex.lock({ timeout: 20 }).then(
    (lock) => lock.release(),
    () => undefined,
  );
  await sleep(5);
  words.fill(-1);
  await waiting;
  words.fill(0);
  shm.notify(64);
  await within(Promise.all(waits), 'the locks');
  mutex.lockSync().release();
});

test('bad arguments are errors', () => {
  expect(() => new ShmMutex({} as never, 0)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'shm', 'Shm'));
  for (const offset of [-8, 4, 1, 8192 - 63, 8192 - 56, 8192, 0.5, NaN]) {
    expect(() => new ShmMutex(shm, offset)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'byteOffset', ''));
  }
  const tooSmall = keep(Shm.create(null, 63));
  expect(() => new ShmMutex(tooSmall, 0)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'byteOffset', 'a region of at least 64 bytes'));
  expect(() => mutex.lockSync(-1)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'timeout', ''));
});

test('a thread can hold 2,000 locks', () => {
  const region = keep(Shm.create(null, 64 * 2100));
  const all = Array.from({ length: 2100 }, (_, index) => new ShmMutex(region, 64 * index));
  const locks = all.slice(0, 2000).map((each) => each.lockSync());
  expect(() => all[2000]?.tryLock()).toThrow(errorLike({ code: 'EAGAIN' }));
  for (const lock of locks) lock.release();
  all[2000]?.lockSync().release();
});

test('a signal that is none loses no lock', async () => {
  const held = mutex.lockSync();
  const signal = {
    aborted: false,
    throwIfAborted: () => {},
    addEventListener: () => {
      throw new Error('not a signal');
    },
  };
  await expect(mutex.lock({ signal: signal as unknown as AbortSignal })).rejects.toThrow('not a signal');
  held.release();
  expect(mutex.tryLock()).toMatchObject({ ownerDied: false });
});

test('a closed region gives its memory back though its locks are garbage not yet collected', () => {
  const before = mappedRegions();
  const regions = Array.from({ length: 10 }, () => Shm.create(null, 4096));
  const locks = regions.map((region) => new ShmMutex(region, 0).lockSync());
  expect(mappedRegions()).toBeGreaterThan(before);
  for (const region of regions) region.close();
  expect(mappedRegions()).toBe(before);
  for (const lock of locks) lock.release();
});

describe('a blocking call that is interrupted', () => {
  let owner: Program;
  let shared: Shm;

  function interrupt(block: () => unknown): void {
    expect((): unknown => runInNewContext('block()', { block }, { timeout: 50 })).toThrow('timed out');
  }

  async function tell(command: string, answer: string): Promise<void> {
    owner.tell(command);
    await owner.next(answer);
  }

  beforeAll(async () => {
    shared = Shm.create(regionName(), 4096);
    owner = start('shm-mutex-peer', { argument: { region: shared.name, byteOffset: OFFSET } });
    await owner.next('ready');
  });

  afterAll(async () => {
    await owner.kill();
    shared.unlink();
    shared.close();
  });

  beforeEach(async () => {
    shm = shared;
    mutex = new ShmMutex(shm, OFFSET);
    await tell('lock', 'locked');
    interrupt(() => mutex.lockSync());
  });

  test.each([
    ['lock', async () => await mutex.lock()],
    ['lockSync', () => mutex.lockSync()],
    ['tryLock', () => mutex.tryLock()],
  ])('leaves the lock to %s', async (_form, take) => {
    await tell('release', 'released');
    const lock = await within(Promise.resolve(take()), 'the lock');
    expect(lock).toMatchObject({ ownerDied: false });
    lock?.release();
  });

  test('leaves the lock to a call that was made before it is free', async () => {
    const locked = mutex.lock();
    await waiters(1);
    await tell('release', 'released');
    (await within(locked, 'the lock')).release();
    await waiters(0);
  });
});
