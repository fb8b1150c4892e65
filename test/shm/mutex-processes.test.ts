import { type Shm, ShmMutex } from 'gips';
import { eventually, within } from '../support/deadline.js';
import { type Program, start } from '../support/processes.js';
import { createNamed } from '../support/regions.js';
import { expectAsleep, lockWaiters } from '../support/threads.js';

interface Locked {
  ownerDied: boolean;
}

let shm: Shm;
let mutex: ShmMutex;
beforeEach(() => {
  shm = createNamed();
  mutex = new ShmMutex(shm, 0);
});

async function startPeer(): Promise<Program> {
  const peer = start('shm-mutex-peer', { argument: { region: shm.name } });
  await peer.next('ready');
  return peer;
}

async function startPeers(count: number): Promise<Program[]> {
  return await Promise.all(Array.from({ length: count }, startPeer));
}

/** Has each begin to wait for the lock. */
async function haveWait(form: string, ...peers: Program[]): Promise<void> {
  const before = lockWaiters(shm, 0);
  for (const peer of peers) peer.tell(form);
  await eventually(() => {
    expect(lockWaiters(shm, 0)).toBe(before + peers.length);
    const pids = peers.map(({ pid }) => pid);
    expectAsleep(pids, 1);
  });
}

test.each([
  { form: 'lockSync', isBlocking: true, count: 100_000 },
  { form: 'lock', isBlocking: false, count: 2_000 },
])('what four processes do under $form adds up', async ({ isBlocking, count }) => {
  const programs = Array.from({ length: 4 }, () => start('shm-mutex-counter', { argument: { region: shm.name, count, isBlocking } }));
  for (const program of programs) {
    expect(await program.next('counted', 25_000)).toBe(0);
    await program.finish();
  }
  expect(shm.view(Int32Array, 64, 1)[0]).toBe(4 * count);
});

test('what threads do under one lock adds up, blocking calls and others mixed', async () => {
  const program = start('shm-mutex-threads', { argument: { region: shm.name, threads: 3, count: 1_000 } });
  expect(await program.next('counted', 25_000)).toBe(3_000);
  await program.finish();
});

test.each(['lock', 'lockSync'])('a killed process leaves its lock to %s, and that it died', async (form) => {
  const [owner, heir] = (await startPeers(2)) as [Program, Program];
  owner.tell('lock');
  expect(await owner.next('locked')).toEqual({ ownerDied: false });
  await haveWait(form, heir);
  await owner.kill();
  expect(await heir.next('locked')).toEqual({ ownerDied: true });
  expect(mutex.tryLock()).toBeNull();
  if (form === 'lockSync') await expect(mutex.lock({ timeout: 10 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  heir.tell('release');
  const lock = await within(mutex.lock(), 'the lock');
  expect(lock.ownerDied).toBe(false);
  lock.release();
  await heir.kill();
});

test('a lock whose owner died before anybody waited', async () => {
  const owner = await startPeer();
  owner.tell('lockSync');
  await owner.next('locked');
  await owner.kill();
  const lock = mutex.tryLock();
  expect(lock?.ownerDied).toBe(true);
  lock?.release();
  expect(mutex.lockSync().ownerDied).toBe(false);
});

test('one that was killed while it waited stands in the way of nobody', async () => {
  const waiter = await startPeer();
  const held = mutex.lockSync();
  await haveWait('lockSync', waiter);
  await waiter.kill();
  held.release();
  (await mutex.lock({ timeout: 0 })).release();
  (await within(mutex.lock(), 'the lock')).release();
});

test('a process that exits leaves its lock as one that dies', async () => {
  const owner = await startPeer();
  owner.tell('lock');
  await owner.next('locked');
  const next = mutex.lock();
  owner.tell('exit');
  expect((await within(next, 'the lock')).ownerDied).toBe(true);
  await owner.finish();
});

test('a process that closes the region while it holds a lock in it', async () => {
  const owner = await startPeer();
  owner.tell('lock');
  await owner.next('locked');
  const next = mutex.lock();
  owner.tell('close');
  expect((await within(next, 'the lock')).ownerDied).toBe(true);
  await owner.kill();
});

test('of several who wait, one is told that the owner died, and all get the lock', async () => {
  const [owner, ...others] = (await startPeers(4)) as [Program, ...Program[]];
  owner.tell('lock');
  await owner.next('locked');
  await haveWait('lock', ...others);
  await owner.kill();
  const deaths: boolean[] = [];
  await Promise.all(
    others.map(async (other) => {
      deaths.push((await other.next<Locked>('locked')).ownerDied);
      other.tell('release');
      await other.next('released');
    }),
  );
  expect(deaths.sort()).toEqual([false, false, true]);
  for (const other of others) await other.kill();
});

test('a waiter that is killed just when it is woken passes the lock on', async () => {
  const survivor = await startPeer();
  for (let round = 0; round < 25; round += 1) {
    const lock = await within(mutex.lock(), 'the lock');
    const victim = await startPeer();
    await haveWait('lock', victim);
    await haveWait('lock', survivor);
    lock.release();
    // Every other time somebody takes the lock before the one who was woken for it can.
    const passing = round % 2 === 0 ? null : mutex.tryLock();
    const killed = victim.kill();
    passing?.release();
    await killed;
    await survivor.next('locked');
    survivor.tell('release');
    await survivor.next('released');
  }
  await survivor.kill();
}, 60_000);

test('processes that are killed in the midst of locking stop nobody', async () => {
  const startCounter = async (isBlocking: boolean): Promise<Program> => {
    const program = start('shm-mutex-counter', { argument: { region: shm.name, count: 1e9, isBlocking } });
    await program.next('ready');
    return program;
  };
  const programs = await Promise.all([true, false, true, false].map(startCounter));
  for (let round = 0; round < 40; round += 1) {
    const [oldest] = programs.splice(0, 1) as [Program];
    await oldest.kill();
    (await within(mutex.lock(), `the lock in round ${round}`)).release();
    programs.push(await startCounter(round % 2 === 0));
  }
  for (const program of programs) await program.kill();
  (await within(mutex.lock(), 'the lock')).release();
}, 120_000);

test('who waits in vain leaves no trace', async () => {
  const peer = await startPeer();
  const lock = mutex.lockSync();
  for (const form of ['lock', 'lockSync', 'lock', 'lockSync']) {
    peer.tell(form, 20);
    expect(await peer.next('locked')).toEqual({ code: 'ETIMEDOUT' });
  }
  peer.tell('tryLock');
  expect(await peer.next('locked')).toBeNull();
  lock.release();
  expect(shm.read(0, 64).equals(Buffer.alloc(64))).toBe(true);
  peer.tell('lockSync', 5_000);
  expect(await peer.next('locked')).toEqual({ ownerDied: false });
  await peer.kill();
});
