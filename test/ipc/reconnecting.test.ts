/** A client that survives the restarts of its server: a real process that is killed, and another one that takes its name. */
import { rmSync } from 'node:fs';
import { type Backoff, type Message, Policy, ReconnectingEndpoint, type ReconnectingOptions } from 'gips';
import { eventually, within } from '../support/deadline.js';
import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { NAME_KINDS, serviceName } from '../support/names.js';
import { type Program, start } from '../support/processes.js';

const SOON: Backoff = { initial: 1, max: 50 };
const CRASH = errorLike({ code: 'ECONNRESET', message: 'vanished' });

async function serve(name: string, tells: string[] = []): Promise<Program> {
  const server = start('reconnecting-server', { argument: { name, tells } });
  await server.next('listening');
  return server;
}

async function connect(name: string, options?: ReconnectingOptions): Promise<ReconnectingEndpoint> {
  return keep(await ReconnectingEndpoint.connect(name, { backoff: SOON, ...options }));
}

/** Arguments of the next event. */
async function next(endpoint: ReconnectingEndpoint, event: 'disconnect' | 'reconnect' | 'drain' | 'close' | 'error'): Promise<unknown[]> {
  return await within(new Promise((resolve) => endpoint.once(event, (...args: unknown[]) => resolve(args))), `'${event}'`);
}

/** Kills the server and waits until the client knows. */
async function kill(server: Program, endpoint: ReconnectingEndpoint): Promise<void> {
  const disconnected = next(endpoint, 'disconnect');
  await server.kill();
  expect(await disconnected).toEqual([CRASH]);
}

describe.each(NAME_KINDS)('under %s', (_, newName) => {
  test('requests and messages wait for the next server, in order', async () => {
    const name = newName();
    const first = await serve(name);
    const endpoint = await connect(name);
    expect((await endpoint.request('who?')).text()).toBe(String(first.pid));
    await kill(first, endpoint);
    expect(endpoint.connected).toBe(false);
    const bytes = Buffer.from('one');
    const sent = [endpoint.send(bytes), endpoint.send('two')];
    bytes.fill(0);
    const answer = endpoint.request('three');
    const second = await serve(name);
    expect((await answer).text()).toBe(String(second.pid));
    await Promise.all(sent);
    for (const text of ['one', 'two', 'three']) expect(await second.next('heard')).toBe(text);
    expect(endpoint.connected).toBe(true);
    expect(endpoint.credentials.pid).toBe(second.pid);
    expect(endpoint.stats).toMatchObject({ reconnects: 1 });
    await second.kill();
    rmSync(name, { force: true });
  });
});

test('a goodbye is survived as a crash is', async () => {
  const name = serviceName();
  const first = await serve(name);
  const endpoint = await connect(name);
  const disconnected = next(endpoint, 'disconnect');
  first.tell('leave');
  expect(await disconnected).toEqual([errorLike({ code: 'EPIPE' })]);
  const reconnected = next(endpoint, 'reconnect');
  const second = await serve(name);
  await reconnected;
  expect((await endpoint.request('who?')).text()).toBe(String(second.pid));
  first.endInput();
  await first.finish();
});

test('open requests fail when the server goes, those that are idempotent are asked again', async () => {
  const name = serviceName();
  const first = await serve(name);
  const endpoint = await connect(name);
  const plain = expect(endpoint.request('wait')).rejects.toThrow(CRASH);
  const idempotent = endpoint.request('wait', { idempotent: true });
  const impatient = expect(endpoint.request('wait', { idempotent: true, timeout: 300 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  const controller = new AbortController();
  const aborted = expect(endpoint.request('wait', { idempotent: true, signal: controller.signal })).rejects.toThrow('changed my mind');
  for (let count = 0; count < 4; count += 1) expect(await first.next('heard')).toBe('wait');
  await kill(first, endpoint);
  await plain;
  controller.abort(new Error('changed my mind'));
  await Promise.all([aborted, impatient]);
  const second = await serve(name);
  expect(await second.next('heard')).toBe('wait');
  const failed = expect(idempotent).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  await endpoint.close();
  await failed;
  await second.kill();
  await expect(second.next('heard')).rejects.toThrow('did not say');
});

test('what is received goes on: by calls, by an iterator, by subscribers', async () => {
  const name = serviceName();
  const endpoints: ReconnectingEndpoint[] = [];
  let server = await serve(name, ['a', 'b']);
  for (let count = 0; count < 3; count += 1) endpoints.push(await connect(name));
  const [called, iterated, subscribed] = endpoints as [ReconnectingEndpoint, ReconnectingEndpoint, ReconnectingEndpoint];
  const heard: string[][] = [[], [], []];
  void (async () => {
    for (;;) heard[0]!.push((await called.recv()).text());
  })().catch(() => undefined);
  void (async () => {
    for await (const message of iterated) heard[1]!.push(message.text());
  })();
  subscribed.on('message', (message: Message) => heard[2]!.push(message.text()));
  for (let round = 1; round <= 3; round += 1) {
    await eventually(() => expect(heard).toEqual(Array(3).fill(Array(round).fill(['a', 'b']).flat())));
    await Promise.all([...endpoints.map((endpoint) => next(endpoint, 'disconnect')), server.kill()]);
    server = await serve(name, ['a', 'b']);
  }
  await server.kill();
});

test('what a server had sent before it went can be taken afterwards', async () => {
  const name = serviceName();
  const first = await serve(name, ['a', 'b', 'c']);
  const endpoint = await connect(name);
  await eventually(() => expect(endpoint.stats.messagesReceived).toBe(3));
  await kill(first, endpoint);
  const reconnected = next(endpoint, 'reconnect');
  await serve(name, ['d']);
  await reconnected;
  for (const text of ['a', 'b', 'c', 'd']) expect((await endpoint.recv()).text()).toBe(text);
});

test('while too much is untaken of what servers had sent, there is no new connection', async () => {
  const name = serviceName();
  const first = await serve(name, ['a', 'b', 'c']);
  const endpoint = await connect(name, { highWaterMark: 130 });
  await eventually(() => expect(endpoint.stats.messagesReceived).toBeGreaterThanOrEqual(2));
  await kill(first, endpoint);
  const reconnected = next(endpoint, 'reconnect');
  await serve(name, ['d']);
  await expect(endpoint.request('who?', { timeout: 300 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  const texts: string[] = [];
  while (texts.at(-1) !== 'd') texts.push((await endpoint.recv()).text());
  expect(texts.slice(0, 2)).toEqual(['a', 'b']);
  await reconnected;
});

test('a service goes on, and what it answers goes to who asks now', async () => {
  const name = serviceName();
  const first = await serve(name);
  const endpoint = await connect(name);
  const service = endpoint.serve(({ message }) => `client: ${message.text()}`);
  await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_BUSY', message: 'a service' }));
  first.tell('ask', 'one');
  expect(await first.next('answered')).toBe('client: one');
  const reconnected = next(endpoint, 'reconnect');
  await kill(first, endpoint);
  const second = await serve(name);
  await reconnected;
  second.tell('ask', 'two');
  expect(await second.next('answered')).toBe('client: two');
  await service.close();
  expect(service.pending).toBe(0);
  second.tell('tell', 'three');
  expect((await endpoint.recv()).text()).toBe('three');
});

test('what waits is bounded, and has its time limit and its signal', async () => {
  const name = serviceName();
  const first = await serve(name);
  const endpoint = await connect(name, { highWaterMark: 1000 });
  await kill(first, endpoint);
  const waiting = endpoint.send(Buffer.alloc(700));
  await expect(endpoint.send(Buffer.alloc(300))).rejects.toThrow(errorLike({ code: 'EAGAIN', message: 'not connected' }));
  await expect(endpoint.request(Buffer.alloc(300))).rejects.toThrow(errorLike({ code: 'EAGAIN' }));
  await expect(endpoint.send('x', { timeout: 20 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  await expect(endpoint.send('x', { timeout: 0 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  await expect(endpoint.send('x', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  expect(endpoint.bufferedAmount).toBe(764);
  expect(endpoint.trySend('x')).toBe(false);
  const drained = next(endpoint, 'drain');
  const second = await serve(name);
  await Promise.all([drained, waiting, endpoint.flush()]);
  expect(endpoint.trySend('note')).toBe(true);
  expect(await second.next('heard')).toHaveLength(700);
  expect(await second.next('heard')).toBe('note');
});

test('close and destroy end it for good, also while it is not connected', async () => {
  const name = serviceName();
  const server = await serve(name);
  const [closed, destroyed] = [await connect(name), await connect(name)];
  await Promise.all([next(destroyed, 'disconnect'), kill(server, closed)]);
  const waiting = [closed, destroyed].flatMap((endpoint) => [endpoint.send('x'), endpoint.request('x'), endpoint.recv()]);
  const outcomes = Promise.allSettled(waiting);
  await closed.close();
  const error = new Error('enough');
  const told = next(destroyed, 'error');
  destroyed.destroy(error);
  expect(await told).toEqual([error]);
  expect((await outcomes).map(({ status, ...outcome }) => [status, (outcome as { reason: unknown }).reason])).toEqual([
    ...Array(3).fill(['rejected', errorLike({ code: 'ERR_GIPS_CLOSED' })]),
    ...Array(3).fill(['rejected', error]),
  ]);
  expect([await closed.closed, await destroyed.closed]).toEqual([undefined, error]);
  await expect(closed.send('x')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  await expect(closed[Symbol.asyncIterator]().next()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  await closed.close();
});

test('an error that does not pass ends it: a server that the policy does not want', async () => {
  const name = serviceName();
  const first = await serve(name);
  const serverPolicy = new Policy().withCredentialValidator(({ pid }) => pid === first.pid);
  const endpoint = await connect(name, { serverPolicy });
  await kill(first, endpoint);
  const iteration = endpoint[Symbol.asyncIterator]().next();
  const told = Promise.all([
    next(endpoint, 'error'),
    next(endpoint, 'close'),
    expect(iteration).rejects.toThrow(errorLike({ code: 'EACCES' })),
  ]);
  await serve(name);
  await told;
  expect(await endpoint.closed).toEqual(errorLike({ code: 'EACCES' }));
  await expect(endpoint.request('x')).rejects.toThrow(errorLike({ code: 'EACCES' }));
});

test('the first connection fails as that of an Endpoint, or waits as that', async () => {
  const name = serviceName();
  await expect(ReconnectingEndpoint.connect(name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED' }));
  const waiting = connect(name, { wait: true });
  const server = await serve(name);
  expect((await (await waiting).request('who?')).text()).toBe(String(server.pid));
});

test('what makes no sense is told: blocking forms, wrong options', async () => {
  const name = serviceName();
  await serve(name);
  const endpoint = await connect(name);
  const unsupported = errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'event loop' });
  expect(() => endpoint.sendSync('x')).toThrow(unsupported);
  expect(() => endpoint.recvSync()).toThrow(unsupported);
  for (const [backoff, argument] of [
    [{ initial: 0 }, 'initial'],
    [{ initial: 5, max: 4 }, 'max'],
    [{ factor: 0.5 }, 'factor'],
    [{ factor: NaN }, 'factor'],
  ] as const) {
    const expected = badArgument('ERR_OUT_OF_RANGE', `options.backoff.${argument}`, '');
    await expect(ReconnectingEndpoint.connect(name, { backoff })).rejects.toThrow(expected);
  }
  await expect(ReconnectingEndpoint.connect(name, { backoff: 5 as never })).rejects.toThrow(
    badArgument('ERR_INVALID_ARG_TYPE', 'options.backoff', 'object'),
  );
  await expect(endpoint.request('x', { idempotent: 1 as never })).rejects.toThrow(
    badArgument('ERR_INVALID_ARG_TYPE', 'options.idempotent', 'boolean'),
  );
});
