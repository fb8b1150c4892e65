import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Channel, Endpoint, Listener } from 'gips';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPeer, upTo, type Taken } from '../support/peer.js';
import type { Program } from '../support/processes.js';

const KIB = 1024;
const MARK = 128 * KIB;
const SIZE = 4 * KIB;
const options = { highWaterMark: MARK, maxMessageSize: 256 * KIB };
const FRAME_HEADER = 16;

/** Sends until nothing more is taken, by the system or by the queue; resolves with how many messages were. */
async function fill(channel: Channel): Promise<number> {
  let number = 0;
  for (let refusals = 0; refusals < 3;) {
    if (channel.trySend(stamped(number, SIZE))) {
      number += 1;
      refusals = 0;
    } else {
      refusals += 1;
      await nextTurn();
    }
  }
  return number;
}

/** What the peer receives until the channel has ended. */
async function takeAll(peer: Program): Promise<Taken> {
  peer.tell('take');
  return await peer.next<Taken>('taken');
}

function settled(promise: Promise<unknown>): { readonly is: boolean } {
  const state = { is: false };
  const settle = (): void => void (state.is = true);
  promise.then(settle, settle);
  return state;
}

describe.each([
  { direction: 'from client to server', role: 'server' },
  { direction: 'from server to client', role: 'client' },
] as const)('$direction, to a receiver that takes nothing', ({ role }) => {
  let channel: Channel;
  let peer: Program;

  beforeEach(async () => {
    ({ channel, peer } = await connectPeer(role, options));
  });

  test('send() waits, with no more queued than the high-water mark, and what it accepted arrives when the receiver wakes', async () => {
    const count = await fill(channel);
    const waiting = channel.send(stamped(count, SIZE));
    const isWaiting = settled(waiting);
    await expect(channel.send(stamped(99, SIZE), { timeout: 100 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(isWaiting.is).toBe(false);
    expect(channel.bufferedAmount).toBeGreaterThanOrEqual(MARK);
    expect(channel.bufferedAmount).toBeLessThanOrEqual(MARK + 2 * (SIZE + FRAME_HEADER));
    const taken = takeAll(peer);
    await within(waiting, 'the Promise of send()');
    await channel.close();
    expect(await taken).toEqual({ numbers: upTo(count + 1), end: 'EPIPE' });
  });

  test('a loop of await send() gets no further than both high-water marks', async () => {
    let sent = 0;
    const sending = (async () => {
      for (; sent < 200; sent += 1) await channel.send(stamped(sent, SIZE));
    })();
    await eventually(() => expect(channel.bufferedAmount).toBeGreaterThanOrEqual(MARK));
    await expect(channel.flush({ timeout: 200 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(sent).toBeGreaterThanOrEqual(Math.floor(MARK / (SIZE + 64)));
    expect(sent * SIZE).toBeLessThanOrEqual(2 * MARK + 2 * SIZE);
    const taken = takeAll(peer);
    await sending;
    await channel.close();
    expect(await taken).toEqual({ numbers: upTo(200), end: 'EPIPE' });
  });

  test('one message may exceed the high-water mark by itself, and waits like any other', async () => {
    const count = await fill(channel);
    const waiting = channel.send(stamped(count, 200 * KIB));
    const isWaiting = settled(waiting);
    await expect(channel.flush({ timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(isWaiting.is).toBe(false);
    const taken = takeAll(peer);
    await waiting;
    await channel.close();
    expect((await taken).numbers).toEqual(upTo(count + 1));
  });

  test('a caller that never waits gets ENOBUFS beyond the high-water mark and maxMessageSize, and everything accepted before arrives', async () => {
    const results: Promise<boolean>[] = [];
    let most = 0;
    for (const number of upTo(300)) {
      results.push(
        channel.send(stamped(number, SIZE)).then(
          () => true,
          (error: unknown) => {
            expect(error).toEqual(errorLike({ code: 'ENOBUFS' }));
            return false;
          },
        ),
      );
      most = Math.max(most, channel.bufferedAmount);
    }
    expect(most).toBeLessThanOrEqual(MARK + options.maxMessageSize + FRAME_HEADER * 300);
    expect(most).toBeGreaterThan(MARK + options.maxMessageSize - 2 * SIZE);
    const taken = takeAll(peer);
    const accepted = await Promise.all(results);
    expect(accepted).toContain(false);
    await channel.close();
    expect(await taken).toEqual({ numbers: upTo(300).filter((number) => accepted[number]), end: 'EPIPE' });
  });

  test('after ENOBUFS it can be sent again once there is room', async () => {
    const sent = Promise.allSettled(upTo(300).map((number) => channel.send(stamped(number, SIZE))));
    await expect(channel.send(stamped(1000, SIZE))).rejects.toThrow(errorLike({ code: 'ENOBUFS' }));
    const taken = takeAll(peer);
    await sent;
    await channel.send(stamped(1000, SIZE));
    await channel.close();
    expect((await taken).numbers.at(-1)).toBe(1000);
  });

  test("trySend() returns false without sending anything, and 'drain' follows when the receiver wakes", async () => {
    const count = await fill(channel);
    let drains = 0;
    channel.on('drain', () => (drains += 1));
    expect(channel.trySend(stamped(count, SIZE))).toBe(false);
    await expect(channel.flush({ timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(drains).toBe(0);
    const drained = new Promise((resolve) => channel.once('drain', () => resolve(undefined)));
    const taken = takeAll(peer);
    await within(drained, "'drain'");
    expect(channel.bufferedAmount).toBeLessThan(MARK);
    expect(channel.trySend(stamped(count, SIZE))).toBe(true);
    await channel.close();
    expect((await taken).numbers).toEqual(upTo(count + 1));
    expect(drains).toBe(1);
  });

  test('sendSync() times out and sends nothing, and waits for a receiver that wakes', async () => {
    const count = await fill(channel);
    expect(() => channel.sendSync(stamped(99, SIZE), { timeout: 50 })).toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(() => channel.sendSync(stamped(99, SIZE), { timeout: 0 })).toThrow(errorLike({ code: 'ETIMEDOUT' }));
    const taken = takeAll(peer);
    channel.sendSync(stamped(count, SIZE));
    expect(channel.bufferedAmount).toBe(0);
    await channel.close();
    expect((await taken).numbers).toEqual(upTo(count + 1));
  });

  test('flush() resolves when everything has gone, and not before', async () => {
    await fill(channel);
    const flushed = channel.flush();
    const isFlushed = settled(flushed);
    peer.tell('take', { count: 5 });
    await peer.next('taken');
    expect(isFlushed.is).toBe(false);
    const taken = takeAll(peer);
    await within(flushed, 'flush()');
    expect(channel.bufferedAmount).toBe(0);
    await channel.close();
    await taken;
  });

  test('the goodbye of the sender passes, and what it sent is taken before it', async () => {
    // Exactly what the receiver's window takes: nothing waits to be sent.
    const count = Math.ceil(MARK / (SIZE + 64));
    for (const number of upTo(count)) await channel.send(stamped(number, SIZE));
    expect(channel.bufferedAmount).toBe(0);
    await channel.close();
    expect(await peer.next('ended')).toBeNull();
    expect(await takeAll(peer)).toEqual({ numbers: upTo(count), end: 'EPIPE' });
  });

  test('the goodbye of the receiver passes, and fails what waits', async () => {
    await fill(channel);
    const waiting = channel.send(stamped(99, SIZE));
    peer.tell('close');
    await expect(within(waiting, 'the failure of send()')).rejects.toThrow(errorLike({ code: 'EPIPE' }));
    // What the peer had not taken is lost.
    expect(await channel.closed).toEqual(errorLike({ code: 'ECONNRESET' }));
  });

  test('messages of the other direction pass', async () => {
    await fill(channel);
    peer.tell('send', { count: 100, size: SIZE });
    for (const number of upTo(100)) expect(stampOf((await channel.recv()).payload)).toBe(number);
    await peer.next('sent');
  });

  test('both sides that had stopped receiving go on once they receive again, and nothing is lost', async () => {
    const count = await fill(channel);
    const waiting = channel.send(stamped(count, SIZE));
    peer.tell('fill', { size: SIZE });
    const peerCount = await peer.next<number>('full');
    const isWaiting = settled(waiting);
    await expect(channel.flush({ timeout: 100 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(isWaiting.is).toBe(false);
    peer.tell('take', { count: count + 1 });
    for (const number of upTo(peerCount + 1)) expect(stampOf((await channel.recv()).payload)).toBe(number);
    await within(waiting, 'the Promise of send()');
    expect((await peer.next<Taken>('taken')).numbers).toEqual(upTo(count + 1));
    await peer.next('sent');
  });
});

test("'drain' after a trySend() that came before the server had answered the greeting means that it can be repeated", async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const endpoint = keep(Endpoint.connectSync(listener.name));
  const payload = stamped(0, 100 * KIB);
  expect(endpoint.trySend(payload)).toBe(false);
  await new Promise((resolve) => endpoint.once('drain', () => resolve(undefined)));
  expect(endpoint.trySend(payload)).toBe(true);
  expect(stampOf((await listener.accept()).message.payload)).toBe(0);
});
