/** How channels end, by this side or the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, Listener } from 'gips';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';

const CLOSED = errorLike({ code: 'ERR_GIPS_CLOSED' });

test('close() sends what was accepted, then says goodbye', async () => {
  const { endpoint, connection } = await connectPair();
  for (let i = 0; i < 100; i++) void endpoint.send(`message ${i}`);
  await endpoint.close();
  expect(await endpoint.closed).toBeUndefined();
  const seen: string[] = [];
  for await (const message of connection) seen.push(message.text());
  expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => `message ${i}`));
  expect(await connection.closed).toBeUndefined();
});

test('close() fails what is pending, ends iterations, and is idempotent', async () => {
  const { endpoint, connection } = await connectPair();
  const pending = expect(endpoint.recv()).rejects.toThrow(CLOSED);
  const iterating = (async () => {
    for await (const message of connection) throw new Error(message.text());
  })();
  expect(endpoint.close()).toBe(endpoint.close());
  await connection.close();
  await Promise.all([pending, iterating]);
});

test('after close() every use is ERR_GIPS_CLOSED', async () => {
  const { endpoint, connection } = await connectPair();
  await connection.send('not taken');
  await sleep(20);
  await endpoint.close();
  await expect(endpoint.recv()).rejects.toThrow(CLOSED);
  await expect(endpoint.send('x')).rejects.toThrow(CLOSED);
  await expect(endpoint.flush()).rejects.toThrow(CLOSED);
  expect(() => endpoint.recvSync()).toThrow(CLOSED);
  expect(() => endpoint.tryRecv()).toThrow(CLOSED);
  expect(() => endpoint.sendSync('x')).toThrow(CLOSED);
  expect(() => endpoint.trySend('x')).toThrow(CLOSED);
  endpoint.ref().unref().destroy();
  expect(endpoint.bufferedAmount).toBe(0);
});

test('close() gives a peer that takes nothing its time, then what it had not taken is lost', async () => {
  const { endpoint, connection } = await connectPair({ highWaterMark: 100_000 }, { highWaterMark: 100_000 });
  while (endpoint.trySend(Buffer.alloc(50_000)));
  const before = performance.now();
  await endpoint.close({ timeout: 100 });
  expect(performance.now() - before).toBeGreaterThan(90);
  expect(await endpoint.closed).toEqual(errorLike({ code: 'ECONNRESET' }));
  expect(await connection.closed).toEqual(errorLike({ code: 'ECONNRESET' }));
});

test('close() waits for a peer that takes what was sent, though its answers are no longer wanted', async () => {
  const { endpoint, connection } = await connectPair({ highWaterMark: 100_000 }, { highWaterMark: 100_000 });
  let sent = 0;
  while (endpoint.trySend(Buffer.alloc(50_000))) sent += 1;
  const closing = endpoint.close();
  let received = 0;
  for await (const message of connection) {
    received += 1;
    if (received === 1) connection.trySend(message.payload);
  }
  await closing;
  expect(received).toBe(sent);
  expect(await endpoint.closed).toBeUndefined();
});

test('an aborted close() closes at once', async () => {
  const { endpoint } = await connectPair({ highWaterMark: 100_000 });
  while (endpoint.trySend(Buffer.alloc(50_000)));
  const controller = new AbortController();
  const closing = endpoint.close({ signal: controller.signal });
  controller.abort(new Error('now'));
  await expect(closing).rejects.toThrow('now');
  expect(await endpoint.closed).toEqual(errorLike({ code: 'ECONNRESET' }));
});

test('close() of a channel whose peer is gone does not reject', async () => {
  const { endpoint, connection } = await connectPair();
  connection.destroy();
  await endpoint.closed;
  await endpoint.close();
  await expect(endpoint.recv()).rejects.toThrow(CLOSED);
  expect(await endpoint.closed).toEqual(errorLike({ code: 'ECONNRESET' }));
});

test('destroy() fails what is pending with its error, once', async () => {
  const { endpoint, connection } = await connectPair();
  const reason = new Error('broken');
  const pending = expect(endpoint.recv()).rejects.toBe(reason);
  endpoint.destroy(reason);
  endpoint.destroy(new Error('again'));
  await pending;
  expect(await endpoint.closed).toBe(reason);
  await expect(endpoint.recv()).rejects.toThrow(CLOSED);
  expect(await connection.closed).toEqual(errorLike({ code: 'ECONNRESET' }));
});

test('flush() resolves when the OS has everything', async () => {
  const { endpoint, connection } = await connectPair();
  for (let i = 0; i < 10; i++) void endpoint.send(Buffer.alloc(1000));
  await endpoint.flush();
  expect(endpoint.bufferedAmount).toBe(0);
  expect(connection.tryRecv()).not.toBeNull();
});

test('await using closes', async () => {
  const { endpoint, connection } = await connectPair();
  await endpoint[Symbol.asyncDispose]();
  expect(await connection.closed).toBeUndefined();
});

test('channels are made by connecting only', () => {
  const Constructor = Endpoint as unknown as new () => Endpoint;
  expect(() => new Constructor()).toThrow(TypeError);
});

test('close() of an idle channel is complete before it returns, since without an event loop there is no later', () => {
  const listener = keep(Listener.bindSync(serviceName()));
  const endpoint = keep(Endpoint.connectSync(listener.name));
  endpoint.sendSync('hello');
  const { connection } = listener.acceptSync(1000);
  void connection.close();
  expect(() => endpoint.recvSync(1000)).toThrow(errorLike({ code: 'EPIPE' }));
  expect(listener.stats.connections).toBe(0);
});
