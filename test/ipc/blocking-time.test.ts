import { Endpoint, Listener } from 'gips';
import { stamped } from '../programs/stamped.mjs';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPeer, upTo } from '../support/peer.js';
import { isWindows } from '../support/platform.js';

const TIMEOUT_MS = 60;
const PATIENCE_MS = 5000;
const CHUNK = Buffer.alloc(65_536);

const timedOut = errorLike({ code: 'ETIMEDOUT', name: 'GipsError' });

function bothEnds(): { listener: Listener; endpoint: Endpoint } {
  const listener = keep(Listener.bindSync(serviceName()));
  return { listener, endpoint: keep(Endpoint.connectSync(listener.name)) };
}

/** As `bothEnds`, and the endpoint can send no more. */
function filled(): { listener: Listener; endpoint: Endpoint; count: number } {
  const ends = bothEnds();
  let count = 0;
  while (ends.endpoint.trySend(CHUNK)) count += 1;
  return { ...ends, count };
}

function expectTimeout(call: () => unknown): void {
  const before = performance.now();
  expect(call).toThrow(timedOut);
  expect(performance.now() - before).toBeGreaterThanOrEqual(TIMEOUT_MS);
}

describe('a timeout ends', () => {
  test('acceptSync, and not early', () => {
    const { listener } = bothEnds();
    expectTimeout(() => listener.acceptSync(TIMEOUT_MS));
  });

  test('recvSync, and not early', () => {
    const { endpoint } = bothEnds();
    expectTimeout(() => endpoint.recvSync(TIMEOUT_MS));
  });

  test('sendSync, and not early', () => {
    const { endpoint } = filled();
    expectTimeout(() => endpoint.sendSync(CHUNK, { timeout: TIMEOUT_MS }));
  });

  test('connectSync to a full queue, and not early', () => {
    const listener = keep(Listener.bindSync(serviceName(), { backlog: 1 }));
    const connect = (timeout: number) => keep(Endpoint.connectSync(listener.name, { timeout }));
    // Linux lets in one more than it is told.
    for (let room = isWindows ? 1 : 2; room > 0; room -= 1) connect(PATIENCE_MS);
    expectTimeout(() => connect(TIMEOUT_MS));
    expect(() => connect(0)).toThrow(timedOut);
    expect(listener.tryAccept()).toBeNull();
    connect(0);
  });
});

test('a timeout of 0 is one attempt, which takes what is there', () => {
  const { listener, endpoint } = bothEnds();
  expect(() => listener.acceptSync(0)).toThrow(timedOut);
  expect(() => endpoint.recvSync(0)).toThrow(timedOut);
  endpoint.sendSync('a', { timeout: 0 });
  const { connection } = listener.acceptSync(0);
  connection.sendSync('b', { timeout: 0 });
  expect(endpoint.recvSync(0).text()).toBe('b');
});

test('what comes after a call that timed out is for the next one', () => {
  const { listener, endpoint } = bothEnds();
  expect(() => listener.acceptSync(20)).toThrow(timedOut);
  endpoint.sendSync('a');
  const { connection } = listener.acceptSync(PATIENCE_MS);
  expect(() => endpoint.recvSync(20)).toThrow(timedOut);
  connection.sendSync('b');
  expect(endpoint.recvSync(PATIENCE_MS).text()).toBe('b');
});

test('of a message whose sendSync timed out, nothing is sent', async () => {
  const { channel, peer } = await connectPeer('server');
  let number = 0;
  while (channel.trySend(stamped(number, CHUNK.length))) number += 1;
  for (const text of ['too late', 'too late as well']) expect(() => channel.sendSync(text, { timeout: 20 })).toThrow(timedOut);
  peer.tell('take', { count: number + 1 });
  channel.sendSync(stamped(number, 8), { timeout: PATIENCE_MS });
  expect(await peer.next('taken')).toEqual({ numbers: upTo(number + 1), end: null });
});

test('trySend succeeds again once the receiver has made room, without the event loop', () => {
  const { listener, endpoint } = filled();
  const end = performance.now() + PATIENCE_MS;
  while (!endpoint.trySend(CHUNK)) {
    while (listener.tryAccept() !== null);
    expect(performance.now()).toBeLessThan(end);
  }
});

test('trySend that was refused is announced when it would succeed', async () => {
  const { listener, endpoint } = filled();
  const drained = new Promise<void>((resolve) => void endpoint.once('drain', resolve));
  const iterator = listener[Symbol.asyncIterator]();
  let isOver = false;
  const taking = (async () => {
    while (!isOver) await iterator.next();
  })();
  await drained;
  expect(endpoint.trySend('there is room')).toBe(true);
  isOver = true;
  await taking;
});

test('connectSync to a name nobody has fails at once', () => {
  const address = serviceName('nobody');
  expect(() => Endpoint.connectSync(address)).toThrow(errorLike({ code: 'ECONNREFUSED', address }));
});
