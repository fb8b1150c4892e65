/** A listener that closes connections nobody uses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type ConnectOptions, Endpoint, type KeepAlive, Listener, type ListenerOptions, ReconnectingEndpoint } from 'gips';

import { BarePeer } from '../support/bare-peer.js';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { start } from '../support/processes.js';

const IDLE_MS = 200;
/** Several times as long as a connection may be idle. */
const LONG_MS = 1_000;

const GOODBYE = errorLike({ code: 'EPIPE' });
const CLOSED = errorLike({ code: 'ERR_GIPS_CLOSED', message: `neither side had sent anything for ${IDLE_MS} ms` });
const OFTEN: KeepAlive = { interval: 10, timeout: 60_000 };

async function listen(options?: ListenerOptions): Promise<Listener> {
  return keep(await Listener.bind(serviceName(), { idleTimeout: IDLE_MS, ...options }));
}

async function connect(listener: Listener, options?: ConnectOptions): Promise<Endpoint> {
  return keep(await Endpoint.connect(listener.name, options));
}

async function expectOpen(connection: { closed: Promise<unknown> }): Promise<void> {
  expect(await Promise.race([connection.closed.then(() => 'closed'), sleep(0, 'open')])).toBe('open');
}

describe.each([
  ['by the socket', {}],
  ['by a ring', { ring: true }],
])('%s', (_, transport) => {
  async function pair(options?: ListenerOptions): Promise<{ listener: Listener; endpoint: Endpoint; connection: Connection }> {
    const listener = await listen(options);
    const endpoint = await connect(listener, transport);
    return { listener, endpoint, connection: keep(await firstClient(listener)) };
  }

  test('both sides are told of the end, which is an orderly one', async () => {
    const { listener, endpoint, connection } = await pair();
    const pending = expect(connection.recv()).rejects.toThrow(CLOSED);
    expect(await within(endpoint.closed, 'the end')).toBeUndefined();
    expect(await connection.closed).toBeUndefined();
    await pending;
    await expect(connection.send('x')).rejects.toThrow(CLOSED);
    await connection.reply('x');
    await expect(endpoint.recv()).rejects.toThrow(GOODBYE);
    for await (const message of endpoint) expect(message).toBeUndefined();
    expect(listener.stats).toMatchObject({ connections: 0, accepted: 1, rejected: 0 });
  });

  test('an iterator ends, and a subscriber is told', async () => {
    const { connection } = await pair();
    const closed = new Promise((resolve) => connection.once('close', resolve));
    for await (const message of connection) expect(message).toBeUndefined();
    expect(await closed).toBeUndefined();
  });

  test('questions of keep-alive are no use', async () => {
    const { endpoint, connection } = await pair({ keepAlive: OFTEN });
    const asking = await connect(await listen(), { ...transport, keepAlive: OFTEN });
    expect(await within(Promise.all([endpoint.closed, connection.closed, asking.closed]), 'the end')).toEqual(Array(3).fill(undefined));
  });

  test.each(['client', 'server'] as const)('a connection by which a %s sends now and then stays', async (sender) => {
    const { endpoint, connection } = await pair();
    const [from, to] = sender === 'client' ? [endpoint, connection] : [connection, endpoint];
    for (const end = performance.now() + LONG_MS; performance.now() < end; await sleep(IDLE_MS / 4)) {
      await from.send('still here');
      expect((await to.recv()).text()).toBe('still here');
    }
    expect(await within(endpoint.closed, 'the end')).toBeUndefined();
  });

  test('a connection with an answer to come stays until after the answer', async () => {
    const listener = await listen();
    listener.serve(async ({ message, channel }) => {
      await sleep(LONG_MS);
      if (message.text() === 'the other way round') return (await channel.request('and you?')).payload;
      return message.payload;
    });
    const [asking, telling, asked] = [
      await connect(listener, transport),
      await connect(listener, transport),
      await connect(listener, transport),
    ];
    asked.serve(() => sleep(LONG_MS, 'my answer'));
    await telling.send('told');
    const answers = await Promise.all([asking.request('asked'), telling.recv(), asked.request('the other way round')]);
    expect(answers.map((answer) => answer.text())).toEqual(['asked', 'told', 'my answer']);
    expect(await within(Promise.all([asking.closed, telling.closed, asked.closed]), 'the end')).toEqual(Array(3).fill(undefined));
  });

  test('a connection whose messages nobody takes stays', async () => {
    const { endpoint, connection } = await pair();
    await endpoint.send('whenever you like');
    await sleep(LONG_MS);
    expect((await connection.recv()).text()).toBe('whenever you like');
    await within(endpoint.closed, 'the end');
  });

  test('a connection to a client that has much to read stays', async () => {
    const listener = await listen({ highWaterMark: 4_096 });
    const argument = { name: listener.name, role: 'client', takes: false, options: { highWaterMark: 4_096, ...transport } };
    const peer = start('keep-alive-peer', { argument });
    await peer.next('connected');
    const connection = keep(await firstClient(listener));
    while (connection.trySend(Buffer.alloc(1_000)));
    await sleep(LONG_MS);
    await expectOpen(connection);
    expect(connection.bufferedAmount).toBeGreaterThan(0);
  });
});

describe('consumed by pods', () => {
  test('a listener is rid of an idle client, and goes on for the others', async () => {
    const listener = await listen();
    const [idle, busy] = [await connect(listener), await connect(listener)];
    void (async () => {
      for await (const pod of listener) await pod.reply(pod.message.payload);
    })();
    let hasEnded = false;
    void idle.closed.then(() => (hasEnded = true));
    while (!hasEnded) {
      expect((await busy.request('there?')).text()).toBe('there?');
      await sleep(IDLE_MS / 10);
    }
    expect(listener.stats.connections).toBe(1);
  });

  test('a request may be answered late, and an answer to a message that comes too late is none', async () => {
    const listener = await listen();
    const [asking, telling] = [await connect(listener), await connect(listener)];
    const answer = asking.request('a question');
    await telling.send('a message');
    const pods = [await listener.accept(), await listener.accept()];
    expect(await within(telling.closed, 'the end')).toBeUndefined();
    await sleep(LONG_MS);
    await Promise.all(pods.map((pod) => pod.reply('at last')));
    expect((await answer).text()).toBe('at last');
    await expect(telling.recv()).rejects.toThrow(GOODBYE);
  });

  test('a request that its asker has given up is no reason to stay', async () => {
    const listener = await listen();
    const endpoint = await connect(listener);
    const request = expect(endpoint.request('a question', { timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    await listener.accept();
    await request;
    expect(await within(endpoint.closed, 'the end')).toBeUndefined();
  });

  test('without the event loop, too', async () => {
    const listener = keep(Listener.bindSync(serviceName(), { idleTimeout: IDLE_MS }));
    const peer = await BarePeer.connect(listener.name);
    await peer.send(Buffer.from('bare words'));
    expect(listener.acceptSync(5_000).message.text()).toBe('bare words');
    expect(() => listener.acceptSync(LONG_MS)).toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(listener.stats.connections).toBe(0);
    await peer.receiveEnd();
  });
});

test('a raw client is left, too', async () => {
  const listener = await listen();
  const peer = await BarePeer.connect(listener.name);
  await peer.send(Buffer.from('bare words'));
  const connection = keep(await firstClient(listener));
  expect((await connection.recv()).text()).toBe('bare words');
  await peer.receiveEnd();
  expect(await connection.closed).toBeUndefined();
});

test('what came while this thread was busy was said in time', async () => {
  const listener = await listen({ idleTimeout: LONG_MS });
  const endpoint = await connect(listener);
  const connection = keep(await firstClient(listener));
  // Four looks have found nothing since the greeting was seen, and the last one comes before the loop reads again.
  await sleep(LONG_MS * 1.125);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LONG_MS / 4);
  endpoint.sendSync('in time');
  await sleep(1);
  expect((await connection.recv()).text()).toBe('in time');
  await expectOpen(connection);
});

test('a ReconnectingEndpoint comes again', async () => {
  const listener = await listen();
  listener.serve(({ message }) => message.payload);
  const endpoint = keep(await ReconnectingEndpoint.connect(listener.name, { backoff: { initial: 1 } }));
  const error = await within(new Promise((resolve) => endpoint.once('disconnect', resolve)), 'the goodbye');
  expect(error).toEqual(GOODBYE);
  expect((await endpoint.request('again')).text()).toBe('again');
});
