/** What channels and listeners emit. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from 'gips';
import { errorLike } from '../support/errors.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { start } from '../support/processes.js';

describe("'message'", () => {
  test('subscribing makes the channel flow, removing the last subscriber stops it', async () => {
    const { endpoint, connection } = await connectPair();
    const seen: string[] = [];
    const subscriber = (message: Message): void => void seen.push(message.text());
    await connection.send('before');
    await sleep(20);
    expect(endpoint.on('message', subscriber)).toBe(endpoint);
    expect(seen).toEqual([]);
    await connection.send('while');
    await sleep(20);
    endpoint.removeListener('message', subscriber);
    await connection.send('after');
    await sleep(20);
    expect(seen).toEqual(['before', 'while']);
    expect((await endpoint.recv()).text()).toBe('after');
  });

  test.each(['off', 'removeAllListeners'] as const)('%s() stops it too', async (method) => {
    const { endpoint } = await connectPair();
    endpoint.on('message', () => undefined).addListener('message', () => undefined);
    if (method === 'off') endpoint.off('message');
    else endpoint.removeAllListeners();
    expect(endpoint.tryRecv()).toBeNull();
  });

  test('a subscriber by once() gets one message and leaves the others', async () => {
    const { endpoint, connection } = await connectPair();
    const first = new Promise<Message>((resolve) => endpoint.once('message', resolve));
    await connection.send('first');
    await connection.send('second');
    expect((await first).text()).toBe('first');
    expect((await endpoint.recv()).text()).toBe('second');
  });

  test('a subscriber may send, receive another way, or close in the middle', async () => {
    const { endpoint, connection } = await connectPair();
    const seen: string[] = [];
    endpoint.on('message', (message) => {
      seen.push(message.text());
      endpoint.sendSync(`got ${message.text()}`);
      if (message.text() === 'b') void endpoint.close();
    });
    for (const text of ['a', 'b', 'c']) await connection.send(text);
    await endpoint.closed;
    expect(seen).toEqual(['a', 'b']);
    expect((await connection.recv()).text()).toBe('got a');
    expect((await connection.recv()).text()).toBe('got b');
  });
});

describe("'error' and 'close'", () => {
  test('a crash is both, with the same error, after the last message', async () => {
    const { endpoint, connection } = await connectPair();
    const events: unknown[] = [];
    endpoint.on('message', (message) => events.push(message.text()));
    endpoint.on('error', (error) => events.push(['error', error]));
    endpoint.on('close', (error) => events.push(['close', error]));
    await connection.send('last');
    connection.destroy();
    const error = await endpoint.closed;
    await sleep(20);
    expect(error).toEqual(errorLike({ code: 'ECONNRESET' }));
    expect(events).toEqual(['last', ['error', errorLike({ code: 'ECONNRESET' })], ['close', error]]);
  });

  test('a goodbye is no error', async () => {
    const { endpoint, connection } = await connectPair();
    const errors: unknown[] = [];
    const closed = once(endpoint as never, 'close');
    endpoint.on('message', () => undefined).on('error', (error) => errors.push(error));
    await connection.close();
    expect(await closed).toEqual([undefined]);
    expect(errors).toEqual([]);
  });
});

test("'drain' follows a trySend() that found no room", async () => {
  const { endpoint, connection } = await connectPair({ highWaterMark: 100_000 }, { highWaterMark: 100_000 });
  const chunk = Buffer.alloc(50_000);
  let count = 0;
  while (endpoint.trySend(chunk)) count += 1;
  let drained = 0;
  endpoint.on('drain', () => (drained += 1));
  await sleep(20);
  expect(drained).toBe(0);
  for (let i = 0; i < count; i++) await connection.recv();
  await sleep(20);
  expect(drained).toBe(1);
  expect(endpoint.trySend(chunk)).toBe(true);
});

test.each([
  ['a message subscriber throws', { seen: ['a', 'b', 'c'], uncaught: ['subscriber failed'] }],
  ['a connection subscriber throws', { seen: ['served all the same'], uncaught: ['subscriber failed'] }],
  ['the peer vanishes from message subscribers', { seen: [], uncaught: ['ECONNRESET'] }],
  ['the peer has vanished before there was a subscriber', { seen: [], uncaught: ['ECONNRESET'] }],
  ['the peer vanishes from a pending call', { seen: ['ECONNRESET'], uncaught: [] }],
  ['the peer vanishes from an idle channel', { seen: [], uncaught: [] }],
])('when %s, no message is lost and no error goes unnoticed', async (scene, outcome) => {
  const program = start('uncaught', { argument: { name: serviceName(), scene } });
  expect(await program.next('outcome')).toEqual(outcome);
  await program.finish();
});
