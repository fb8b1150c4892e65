/** Calls that are aborted or time out, at random and under traffic, lose nothing. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallOptions, GipsError, Listener, type Message } from 'gips';
import { randomNumbers } from '../programs/random.mjs';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPeer, upTo, type Taken } from '../support/peer.js';
import { start } from '../support/processes.js';

const COUNT = 2000;
const KIB = 1024;
const ABORTED = new Error('given up by the test');
const LAST = 1_000_000;

/** Limits that pass at once, a little later, or perhaps never. */
const limits: (() => CallOptions)[] = [
  () => ({}),
  () => ({ timeout: 0 }),
  () => ({ timeout: 1 }),
  () => ({ timeout: 2 }),
  () => ({ signal: abortedAfter((abort) => abort()) }),
  () => ({ signal: abortedAfter((abort) => queueMicrotask(abort)) }),
  () => ({ signal: abortedAfter((abort) => process.nextTick(abort)) }),
  () => ({ signal: abortedAfter((abort) => setImmediate(abort)) }),
  () => ({ signal: abortedAfter((abort) => setTimeout(abort, 1)) }),
  () => ({ signal: abortedAfter((abort) => setImmediate(abort)), timeout: 1 }),
];

function abortedAfter(schedule: (abort: () => void) => void): AbortSignal {
  const controller = new AbortController();
  schedule(() => controller.abort(ABORTED));
  return controller.signal;
}

/** What the call resolved with; `undefined` if it was given up. */
async function unlessGivenUp<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error === ABORTED || (error instanceof GipsError && error.code === 'ETIMEDOUT')) return undefined;
    throw error;
  }
}

describe.each([1, 2, 3])('with seed %d', (seed) => {
  const random = randomNumbers(seed);
  const pick = <T>(choices: readonly T[]): T => choices[random() % choices.length]!;

  test.each(['server', 'client'] as const)('recv() of what a %s sends gives every message once and in order', async (role) => {
    const { channel, peer } = await connectPeer(role, { highWaterMark: 64 * KIB });
    peer.tell('send', { count: COUNT, size: 2000, rest: 20 });
    const numbers: number[] = [];
    let givenUp = 0;
    while (numbers.length < COUNT) {
      const atOnce = Math.min(1 + (random() % 3), COUNT - numbers.length);
      const calls = upTo(atOnce).map(() => unlessGivenUp(channel.recv(pick(limits)())));
      for (const message of await Promise.all(calls)) {
        if (message === undefined) givenUp += 1;
        else numbers.push(stampOf(message.payload));
      }
    }
    expect(numbers).toEqual(upTo(COUNT));
    expect(givenUp).toBeGreaterThan(50);
  });

  test('accept() gives every message once and in order', async () => {
    const listener = keep(await Listener.bind(serviceName(), { highWaterMark: 64 * KIB }));
    const peer = start('flow-peer', { argument: { name: listener.name, role: 'client' } });
    await peer.next('connected');
    peer.tell('send', { count: COUNT, size: 2000, rest: 20 });
    const numbers: number[] = [];
    while (numbers.length < COUNT) {
      const pod = await unlessGivenUp(listener.accept(pick(limits)()));
      if (pod !== undefined) numbers.push(stampOf(pod.message.payload));
    }
    expect(numbers).toEqual(upTo(COUNT));
  });

  test('all ways to receive, each for a while, give every message once and in order', async () => {
    const { channel, peer } = await connectPeer('server', { highWaterMark: 64 * KIB });
    peer.tell('send', { count: COUNT, size: 2000, rest: 100 });
    const numbers: number[] = [];
    const take = ({ payload }: Message): number => numbers.push(stampOf(payload));
    const ways: ((end: number) => unknown)[] = [
      async (end) => {
        for await (const message of channel) if (take(message) >= end) break;
      },
      async () => {
        const message = await unlessGivenUp(channel.recv(pick(limits)()));
        if (message !== undefined) take(message);
      },
      () => {
        const message = channel.tryRecv();
        if (message !== null) take(message);
      },
      () => take(channel.recvSync()),
      async (end) => {
        await new Promise<void>((resolve) => {
          channel.on('message', function onMessage(message) {
            if (take(message) < end) return;
            channel.off('message', onMessage);
            resolve();
          });
        });
      },
      () => nextTurn(),
    ];
    while (numbers.length < COUNT) await pick(ways)(Math.min(COUNT, numbers.length + 1 + (random() % 5)));
    expect(numbers).toEqual(upTo(COUNT));
  });

  test.each(['server', 'client'] as const)('a send() to a %s arrives whole or not at all, and in order', async (role) => {
    const { channel, peer } = await connectPeer(role, { highWaterMark: 64 * KIB });
    peer.tell('take', { rest: 10 });
    const accepted: number[] = [];
    const calls: Promise<void>[] = [];
    for (const number of upTo(COUNT / 2)) {
      const size = pick([8, 100, 5000, 5000, 20_000, 65_536, 65_537, 200_000]);
      const call = unlessGivenUp(channel.send(stamped(number, size), pick(limits)()).then(() => number)).then((done) => {
        if (done !== undefined) accepted.push(done);
      });
      if (random() % 4 === 0) calls.push(call);
      else await call;
    }
    await Promise.all(calls);
    await channel.send(stamped(LAST, 8));
    await channel.close();
    const { numbers, end } = await peer.next<Taken>('taken');
    expect(end).toBe('EPIPE');
    expect(numbers).not.toContain(-1);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const arrived = new Set(numbers);
    expect(accepted.filter((number) => !arrived.has(number))).toEqual([]);
    expect(numbers.at(-1)).toBe(LAST);
    expect(accepted.length).toBeLessThan(COUNT / 2);
  });
});
