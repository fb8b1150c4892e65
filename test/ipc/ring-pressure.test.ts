/** A ring whose reader does not read: who writes waits, and nothing is lost but by a crash. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Channel } from 'gips';

import { stamped, stampOf } from '../programs/stamped.mjs';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { connectPeer, type Taken, upTo } from '../support/peer.js';
import { blockUntilDead, type Program } from '../support/processes.js';
import { newsOf } from '../support/rings.js';

const KIB = 1024;
const MARK = 256 * KIB;
const FRAME_HEADER = 16;

/** Small messages go together, in packets of 64 KiB; a packet that is larger than half of a ring goes beside it. */
const cases = (['server', 'client'] as const).flatMap((role) => [
  { role, ring: 4 * KIB, size: 1000, what: 'most of which goes beside it' },
  { role, ring: 64 * KIB, size: 20_000, what: 'of which three messages fill it' },
  { role, ring: 256 * KIB, size: 100, what: 'of which many messages fill it' },
]);

/** A channel with an open ring to a program that is a server or a client. */
async function connectRing(role: 'server' | 'client', ring: number): Promise<{ channel: Channel; peer: Program }> {
  const { name, channel, peer } = await connectPeer(role, { highWaterMark: MARK, ring: { size: ring } });
  expect(await peer.next('ring')).toBe('open');
  await eventually(() => expect(newsOf(role === 'server' ? 'client' : 'server', name)).toEqual(['open']));
  return { channel, peer };
}

/** Sends until nothing more is taken. Returns how many messages were. */
async function fill(channel: Channel, size: number): Promise<number> {
  let number = 0;
  for (let refusals = 0; refusals < 3;) {
    if (channel.trySend(stamped(number, size))) {
      number += 1;
      refusals = 0;
    } else {
      // The last refusal is the last thing that happens: no turn in which it could be read on.
      refusals += 1;
      if (refusals < 3) await nextTurn();
    }
  }
  return number;
}

async function takeAll(peer: Program): Promise<Taken> {
  peer.tell('take');
  return await peer.next<Taken>('taken');
}

describe.each(cases)('to a $role, by a ring of $ring bytes, $what', ({ role, ring, size }) => {
  let channel: Channel;
  let peer: Program;
  beforeEach(async () => ({ channel, peer } = await connectRing(role, ring)));

  test('a receiver that takes nothing has no more queued for it than the high-water mark, and gets all of it in order', async () => {
    const count = await fill(channel, size);
    expect(count * size).toBeGreaterThan(MARK);
    expect(channel.bufferedAmount).toBeGreaterThanOrEqual(MARK);
    expect(channel.bufferedAmount).toBeLessThanOrEqual(MARK + 2 * (size + FRAME_HEADER));
    const taken = takeAll(peer);
    await channel.send(stamped(count, size));
    await channel.close();
    expect(await taken).toEqual({ numbers: upTo(count + 1), end: 'EPIPE' });
  });

  test('so does one that is stopped', async () => {
    const taken = takeAll(peer);
    peer.signal('SIGSTOP');
    const count = await fill(channel, size);
    expect(channel.bufferedAmount).toBeGreaterThanOrEqual(MARK);
    expect(channel.bufferedAmount).toBeLessThanOrEqual(MARK + 2 * (size + FRAME_HEADER));
    expect(() => channel.sendSync(stamped(99, size), { timeout: 20 })).toThrow(errorLike({ code: 'ETIMEDOUT' }));
    const drained = new Promise((resolve) => channel.once('drain', () => resolve(undefined)));
    const last = channel.send(stamped(count, size));
    peer.signal('SIGCONT');
    await within(drained, "'drain'");
    await last;
    await channel.flush();
    expect(channel.bufferedAmount).toBe(0);
    await channel.close();
    expect(await taken).toEqual({ numbers: upTo(count + 1), end: 'EPIPE' });
  });

  test('close() waits until a full ring has been read, and a goodbye comes last', async () => {
    const taken = takeAll(peer);
    peer.signal('SIGSTOP');
    const count = await fill(channel, size);
    const closing = channel.close({ timeout: 20_000 });
    await expect(Promise.race([closing, nextTurn('waits')])).resolves.toBe('waits');
    peer.signal('SIGCONT');
    await within(closing, 'close()');
    expect(await channel.closed).toBeUndefined();
    expect(await taken).toEqual({ numbers: upTo(count), end: 'EPIPE' });
    expect(await peer.next('ended')).toBeNull();
  });

  test('who waits for a reader that is killed hears of it', async () => {
    peer.signal('SIGSTOP');
    await fill(channel, size);
    const waiting = [channel.send(stamped(0, size)), channel.flush(), channel.recv()];
    const settled = Promise.allSettled(waiting);
    await peer.kill();
    const results = await within(settled, 'the end of all calls');
    expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: errorLike({ code: 'ECONNRESET' }) })));
    expect(await channel.closed).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe.each(['server', 'client'] as const)('from a %s', (role) => {
  async function receiveAll(channel: Channel): Promise<Taken> {
    const numbers: number[] = [];
    try {
      for (;;) numbers.push(stampOf((await channel.recv()).payload));
    } catch (error) {
      return { numbers, end: (error as { code: string }).code };
    }
  }

  test('that is killed, all comes that it has written into its ring, and then ECONNRESET', async () => {
    const { channel, peer } = await connectRing(role, 64 * KIB);
    peer.tell('die', { count: 200, size: 100 });
    blockUntilDead(peer.pid);
    expect(await receiveAll(channel)).toEqual({ numbers: upTo(200), end: 'ECONNRESET' });
    expect(await channel.closed).toMatchObject({ code: 'ECONNRESET' });
  });

  test('that is killed, all comes that it has sent beside its ring, and then ECONNRESET', async () => {
    const { channel, peer } = await connectRing(role, 4 * KIB);
    peer.tell('die', { count: 8, size: 10_000 });
    blockUntilDead(peer.pid);
    expect(await receiveAll(channel)).toEqual({ numbers: upTo(8), end: 'ECONNRESET' });
  });

  test('that is killed amid a large message, what came before it comes, and then ECONNRESET', async () => {
    const { channel, peer } = await connectRing(role, 64 * KIB);
    peer.tell('die', { count: 10, size: 100, lastSize: 16 * KIB * KIB });
    blockUntilDead(peer.pid);
    expect(await receiveAll(channel)).toEqual({ numbers: upTo(10), end: 'ECONNRESET' });
  });

  test('that sends and leaves in order, all comes, and then its goodbye', async () => {
    const { channel, peer } = await connectRing(role, 4 * KIB);
    peer.tell('send', { count: 2000, size: 300 });
    const received = receiveAll(channel);
    await peer.next('sent');
    peer.tell('close');
    expect(await within(received, 'all messages')).toEqual({ numbers: upTo(2000), end: 'EPIPE' });
    expect(await channel.closed).toBeUndefined();
  });
});
