import { type Shm, ShmMutex } from 'gips';
import { eventually, within } from '../support/deadline.js';
import { type Program, start } from '../support/processes.js';
import { createNamed } from '../support/regions.js';
import { waitingThreads } from '../support/threads.js';

let shm: Shm;
beforeEach(() => (shm = createNamed()));

async function startPeer(): Promise<Program> {
  const peer = start('shm-wait-peer', { argument: { region: shm.name } });
  await peer.next('ready');
  return peer;
}

test('Atomics work across processes', async () => {
  const TIMES = 100_000;
  const peers = await Promise.all([startPeer(), startPeer()]);
  for (const peer of peers) peer.tell('add', { index: 5, value: 3, times: TIMES });
  const numbers = shm.view(Int32Array);
  for (let i = 0; i < TIMES; i += 1) Atomics.add(numbers, 5, -1);
  for (const peer of peers) await peer.next('added');
  expect(Atomics.load(numbers, 5)).toBe(5 * TIMES);
  for (const peer of peers) await peer.kill();
});

test.each(['wait', 'waitSync'])('%s in one process ends by notify in another', async (form) => {
  const peer = await startPeer();
  peer.tell(form, { byteOffset: 8, expected: 0 });
  await eventually(() => expect(shm.notify(8)).toBe(1));
  expect(await peer.next('waited')).toBe('ok');
  peer.tell(form, { byteOffset: 8, expected: 1 });
  expect(await peer.next('waited')).toBe('not-equal');
  peer.tell(form, { byteOffset: 8, expected: 0, timeout: 10 });
  expect(await peer.next('waited')).toBe('timed-out');
  await peer.kill();
});

test('a wait here ends by notify in another process, which is told how many it woke', async () => {
  const peer = await startPeer();
  const waits = [shm.wait(0, 0), shm.wait(0, 0), shm.wait(0, 0)];
  await eventually(() => expect(waitingThreads(process.pid)).toBe(3));
  peer.tell('notify', { byteOffset: 0, count: 2 });
  expect(await peer.next('notified')).toBe(2);
  expect(await Promise.race(waits)).toBe('ok');
  peer.tell('notify', { byteOffset: 0 });
  expect(await peer.next('notified')).toBe(1);
  expect(await Promise.all(waits)).toEqual(['ok', 'ok', 'ok']);
  await peer.kill();
});

test('a waiting process that is killed takes no wake-up with it', async () => {
  const [first, second] = [await startPeer(), await startPeer()];
  for (const peer of [first, second]) peer.tell('wait', { byteOffset: 0, expected: 0 });
  await eventually(() => expect([first, second].map(({ pid }) => waitingThreads(pid))).toEqual([1, 1]));
  await first.kill();
  expect(shm.notify(0)).toBe(1);
  expect(await second.next('waited')).toBe('ok');
  await second.kill();
});

test('a pending wait keeps the process alive, and nothing else does', async () => {
  const idle = start('shm-wait-alone', { argument: { region: shm.name, waits: false } });
  await idle.next('begun');
  await idle.finish();
  const program = start('shm-wait-alone', { argument: { region: shm.name, waits: true } });
  await program.next('begun');
  await eventually(() => expect(shm.notify(0)).toBe(1));
  expect(await program.next('waited')).toBe('ok');
  await program.finish();
});

test.each(['exit', 'throw'])('a process that ends by %s does not wait for its waits', async (way) => {
  const held = new ShmMutex(shm, 64).lockSync();
  const program = start('shm-wait-end', { argument: { region: shm.name, way } });
  await program.next('begun');
  expect(await within(program.exited, 'the end')).toEqual({ code: 7, signal: null });
  expect(shm.notify(0)).toBe(0);
  held.release();
});

test('waits occupy neither the event loop nor the threads of libuv', async () => {
  const COUNT = 200;
  const program = start('shm-wait-pool', { argument: { region: shm.name, count: COUNT }, env: { UV_THREADPOOL_SIZE: '1' } });
  await program.next('begun');
  await program.next('worked');
  let woken = 0;
  await eventually(() => expect((woken += shm.notify(0))).toBe(COUNT));
  expect(await program.next('ended')).toBe(COUNT);
  await program.finish();
});

test('worker threads terminated in whatever they wait for leave no thread, no mapping and no lock behind', async () => {
  const program = start('shm-wait-workers', { argument: { region: shm.name } });
  for (const way of ['wait', 'waitSync', 'lock', 'lockSync', 'hold']) expect(await program.next('terminated')).toBe(way);
  const { before, after } = await program.next<{ before: object; after: object }>('inventory');
  expect(after).toEqual(before);
  expect(await program.next('orphan')).toBe(true);
  expect(await program.next('free')).toBe(false);
  await program.finish();
});
