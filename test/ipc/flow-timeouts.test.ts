import { closeSync, openSync } from 'node:fs';
import { getEventListeners } from 'node:events';
import { devNull } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Channel, IpcObject, Listener } from 'gips';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { descriptors } from '../environment/leaks.mjs';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPeer, upTo, type Taken } from '../support/peer.js';
import { isWindows } from '../support/platform.js';
import { descriptorTargets, type Program } from '../support/processes.js';

const KIB = 1024;
const MARK = 64 * KIB;
const SIZE = 4 * KIB;
const timedOut = errorLike({ code: 'ETIMEDOUT' });
const reason = new Error('no longer wanted');

let channel: Channel;
let peer: Program;

beforeEach(async () => {
  ({ channel, peer } = await connectPeer('server', { highWaterMark: MARK }));
});

/** How many descriptors of /dev/null this process has. */
function nullDevices(): number {
  // Windows does not tell what a handle stands for: those of the device are among the files.
  if (isWindows) return descriptors().filter((handle) => handle.endsWith('File')).length;
  return descriptorTargets(process.pid).filter((target) => target === devNull).length;
}

/** Has so much accepted that further messages have to wait; resolves with how many messages that were. */
async function fill(): Promise<number> {
  for (let number = 0; ; number += 1) {
    if (channel.bufferedAmount >= MARK) await channel.flush({ timeout: 20 }).catch(() => undefined);
    if (channel.bufferedAmount >= MARK) return number;
    channel.send(stamped(number, SIZE)).catch(() => undefined);
  }
}

async function expectTaken(numbers: number[]): Promise<void> {
  peer.tell('take');
  await channel.close();
  expect(await peer.next<Taken>('taken')).toEqual({ numbers, end: 'EPIPE' });
}

/** One message of the peer has arrived. */
async function expectArrival(): Promise<void> {
  const before = channel.stats.messagesReceived;
  peer.tell('send', { count: 1, size: SIZE });
  await eventually(() => expect(channel.stats.messagesReceived).toBe(before + 1));
}

describe('a timeout of 0 means one attempt:', () => {
  test('recv() takes what has come, and else fails with ETIMEDOUT', async () => {
    await expect(channel.recv({ timeout: 0 })).rejects.toThrow(timedOut);
    await expectArrival();
    expect(stampOf((await channel.recv({ timeout: 0 })).payload)).toBe(0);
    await expect(channel.recv({ timeout: 0 })).rejects.toThrow(timedOut);
  });

  test('recv() takes what only the system has yet', async () => {
    await expect(channel.recv({ timeout: 0 })).rejects.toThrow(timedOut);
    peer.tell('send', { count: 3, size: SIZE });
    await peer.next('sent');
    for (const _ of upTo(3)) await channel.recv({ timeout: 0 });
  });

  test('recvSync() likewise', async () => {
    expect(() => channel.recvSync(0)).toThrow(timedOut);
    peer.tell('send', { count: 1, size: SIZE });
    await peer.next('sent');
    expect(stampOf(channel.recvSync(0).payload)).toBe(0);
    expect(() => channel.recvSync(0)).toThrow(timedOut);
  });

  test('accept() takes what has come, and else fails with ETIMEDOUT', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    await expect(listener.accept({ timeout: 0 })).rejects.toThrow(timedOut);
    expect(() => listener.acceptSync(0)).toThrow(timedOut);
  });

  test('send() succeeds while there is room, and else fails with ETIMEDOUT and sends nothing', async () => {
    await channel.send(stamped(0, SIZE), { timeout: 0 });
    peer.tell('take', { count: 1 });
    await peer.next('taken');
    const count = await fill();
    const before = channel.bufferedAmount;
    await expect(channel.send(stamped(99, SIZE), { timeout: 0 })).rejects.toThrow(timedOut);
    await expect(channel.send('', { timeout: 0 })).rejects.toThrow(timedOut);
    expect(channel.bufferedAmount).toBe(before);
    await expectTaken(upTo(count));
  });

  test('flush() succeeds when the system takes everything at once, and else fails with ETIMEDOUT and loses nothing', async () => {
    void channel.send(stamped(0, SIZE));
    void channel.send(stamped(1, SIZE));
    await channel.flush({ timeout: 0 });
    expect(channel.bufferedAmount).toBe(0);
    peer.tell('take', { count: 2 });
    await peer.next('taken');
    const count = await fill();
    await expect(channel.flush({ timeout: 0 })).rejects.toThrow(timedOut);
    await expectTaken(upTo(count));
  });
});

describe('a timeout does not pass early:', () => {
  const TIMEOUT = 100;
  /** Timers of libuv count in whole milliseconds. */
  const EARLIEST = TIMEOUT - 1;

  test.each([
    { name: 'recv()', call: () => channel.recv({ timeout: TIMEOUT }) },
    { name: 'recvSync()', call: () => nextTurn().then(() => channel.recvSync(TIMEOUT)) },
    { name: 'send()', call: () => channel.send('x', { timeout: TIMEOUT }) },
    { name: 'sendSync()', call: () => nextTurn().then(() => channel.sendSync('x', { timeout: TIMEOUT })) },
    { name: 'flush()', call: () => channel.flush({ timeout: TIMEOUT }) },
  ])('$name', async ({ call }) => {
    await fill();
    const start = performance.now();
    await expect(call()).rejects.toThrow(timedOut);
    expect(performance.now() - start).toBeGreaterThanOrEqual(EARLIEST);
  });
});

describe('flush() with a timeout', () => {
  test('fails with ETIMEDOUT while the receiver takes nothing, and succeeds later', async () => {
    const count = await fill();
    await expect(channel.flush({ timeout: 50 })).rejects.toThrow(timedOut);
    await expect(channel.flush({ signal: AbortSignal.timeout(50) })).rejects.toThrow(errorLike({ name: 'TimeoutError' }));
    const flushed = channel.flush({ timeout: 10_000 });
    peer.tell('take');
    await flushed;
    expect(channel.bufferedAmount).toBe(0);
    await channel.close();
    expect((await peer.next<Taken>('taken')).numbers).toEqual(upTo(count));
  });
});

describe('a signal that is aborted already', () => {
  test.each([
    { what: 'an error', given: reason },
    { what: 'any other value', given: 'just a word' },
  ])('rejects with its reason, $what, before anything happens', async ({ given }) => {
    const signal = AbortSignal.abort(given);
    await expectArrival();
    await expect(channel.recv({ signal })).rejects.toBe(given);
    await expect(channel.send(stamped(99, SIZE), { signal })).rejects.toBe(given);
    await expect(channel.flush({ signal })).rejects.toBe(given);
    expect(channel.stats.messagesSent).toBe(0);
    expect(stampOf((await channel.recv()).payload)).toBe(0);
    await channel.send(stamped(0, SIZE));
    await expectTaken([0]);
  });

  test('rejects accept() too, and leaves the listener unused', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    await expect(listener.accept({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(() => listener.connections()).not.toThrow();
  });
});

describe('a signal that is aborted while a call waits', () => {
  test('rejects recv() with its reason, and the message goes to the next call', async () => {
    const controller = new AbortController();
    const aborted = channel.recv({ signal: controller.signal });
    const next = channel.recv();
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    peer.tell('send', { count: 1, size: SIZE });
    expect(stampOf((await next).payload)).toBe(0);
  });

  test('rejects send() with its reason, and nothing of that message is sent, nor kept', async () => {
    const count = await fill();
    const before = channel.bufferedAmount;
    const descriptors = nullDevices();
    const fd = openSync(devNull, 'r');
    const object = IpcObject.from({ fd });
    closeSync(fd);
    const controller = new AbortController();
    const small = channel.send(stamped(98, SIZE), { signal: controller.signal, objects: [object] });
    const large = channel.send(stamped(99, 300 * KIB), { signal: controller.signal, objects: [object, object] });
    object.close();
    expect(channel.bufferedAmount).toBeGreaterThan(before + 304 * KIB);
    controller.abort(reason);
    await expect(small).rejects.toBe(reason);
    await expect(large).rejects.toBe(reason);
    expect(channel.bufferedAmount).toBe(before);
    expect(nullDevices()).toBe(descriptors);
    await expectTaken(upTo(count));
  });

  test('sends the whole of a large message of which a part has left', async () => {
    // More than the socket takes, so that its first fragments are on their way and the others wait.
    const controller = new AbortController();
    const call = channel.send(stamped(0, 16 * KIB * KIB), { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(channel.bufferedAmount).toBeGreaterThan(0);
    void channel.send(stamped(1, SIZE));
    await expectTaken([0, 1]);
  });

  test('leaves the channel free for another way to receive', async () => {
    const controller = new AbortController();
    const call = channel.recv({ signal: controller.signal });
    expect(() => channel.on('message', () => undefined)).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    const came = new Promise((resolve) => channel.on('message', resolve));
    peer.tell('send', { count: 1, size: SIZE });
    await came;
  });

  test('is not listened to any longer once the call has ended', async () => {
    const controller = new AbortController();
    const options = { signal: controller.signal, timeout: 10_000 };
    const calls = [channel.recv(options), channel.recv({ ...options, timeout: 1 }).catch(() => undefined)];
    expect(getEventListeners(controller.signal, 'abort').length).toBe(2);
    await expectArrival();
    await Promise.all(calls);
    await channel.send('x', options);
    expect(getEventListeners(controller.signal, 'abort').length).toBe(0);
    controller.abort(reason);
  });
});
