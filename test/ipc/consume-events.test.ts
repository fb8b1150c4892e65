import { Endpoint, Listener, type Channel, type Connection } from 'gips';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';

/** What a channel tells of its end, in order. */
function listen(channel: Channel): unknown[] {
  const events: unknown[] = [];
  channel.on('close', (error) => events.push(['close', codeOf(error)]));
  channel.on('error', (error) => events.push(['error', codeOf(error)]));
  return events;
}

function codeOf(error: Error | undefined): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}

/** Everything that was going to be told has been. */
async function settle(...channels: Channel[]): Promise<void> {
  await Promise.all(channels.map((channel) => channel.closed));
  await new Promise((resolve) => setImmediate(resolve));
}

describe("'close' comes exactly once", () => {
  test('for both sides, whichever closes, however often', async () => {
    const { connection, endpoint } = await connectPair();
    const [near, far] = [listen(endpoint), listen(connection)];
    await Promise.all([endpoint.close(), endpoint.close()]);
    await endpoint.close();
    endpoint.destroy();
    await settle(endpoint, connection);
    await connection.close();
    connection.destroy();
    await settle(connection);
    expect(near).toEqual([['close', undefined]]);
    expect(far).toEqual([['close', undefined]]);
  });

  test('for both sides closing at once', async () => {
    const { connection, endpoint } = await connectPair();
    const [near, far] = [listen(endpoint), listen(connection)];
    await Promise.all([endpoint.close(), connection.close()]);
    await settle(endpoint, connection);
    expect([near, far]).toEqual([[['close', undefined]], [['close', undefined]]]);
  });

  test("with the reason after destroy(), and 'error' before it on the other side", async () => {
    const { connection, endpoint } = await connectPair();
    const [near, far] = [listen(endpoint), listen(connection)];
    endpoint.destroy();
    endpoint.destroy(new Error('too late'));
    await settle(endpoint, connection);
    expect(near).toEqual([['close', undefined]]);
    expect(far).toEqual([
      ['error', 'ECONNRESET'],
      ['close', 'ECONNRESET'],
    ]);
  });

  test('with the error that destroy() was given', async () => {
    const { endpoint } = await connectPair();
    const reason = new Error('enough of this');
    const ended = new Promise((resolve) => endpoint.on('close', resolve));
    const received = endpoint.recv();
    endpoint.destroy(reason);
    await expect(received).rejects.toBe(reason);
    expect(await ended).toBe(reason);
    expect(await endpoint.closed).toBe(reason);
    await expect(endpoint.recv()).rejects.toMatchObject({ code: 'ERR_GIPS_CLOSED' });
  });

  test('for a listener', async () => {
    const listener = await Listener.bind(serviceName());
    let count = 0;
    listener.on('close', () => (count += 1));
    await Promise.all([listener.close(), listener.close()]);
    await listener.close();
    expect(count).toBe(1);
  });
});

test("'connection' tells of each client once, with who it is", async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const connections: Connection[] = [];
  listener.on('connection', (connection) => connections.push(connection));
  const endpoints = [keep(await Endpoint.connect(listener.name)), keep(await Endpoint.connect(listener.name))];
  for (const endpoint of endpoints) await endpoint.send('hello');
  await listener.accept();
  expect(new Set(connections).size).toBe(2);
  expect(connections.map(({ credentials }) => credentials.pid)).toEqual([process.pid, process.pid]);
});

test("a subscriber of 'connection' can serve each client by its own 'message' events", async () => {
  const listener = keep(await Listener.bind(serviceName()));
  listener.on('connection', (connection) => connection.on('message', (message) => void connection.send(message.text().toUpperCase())));
  const endpoint = keep(await Endpoint.connect(listener.name));
  await endpoint.send('hello');
  expect((await endpoint.recv()).text()).toBe('HELLO');
});

test("'drain' follows a trySend that was refused, once", async () => {
  const { connection, endpoint } = await connectPair();
  let drains = 0;
  endpoint.on('drain', () => (drains += 1));
  const chunk = Buffer.alloc(65_536);
  let sent = 0;
  while (endpoint.trySend(chunk)) sent += 1;
  expect(endpoint.trySend(chunk)).toBe(false);
  for (let taken = 0; taken < sent; taken += 1) await connection.recv();
  await eventually(() => expect(drains).toBe(1));
  expect(endpoint.trySend(chunk)).toBe(true);
  await connection.recv();
  expect(drains).toBe(1);
});

test('the counters tell what went both ways', async () => {
  const { listener, connection, endpoint } = await connectPair();
  for (const text of ['a', 'bc', '']) await endpoint.send(text);
  for (let count = 0; count < 3; count += 1) await connection.recv();
  await connection.send('answer');
  await endpoint.recv();
  expect(endpoint.stats).toMatchObject({ messagesSent: 3, bytesSent: 3, messagesReceived: 1, bytesReceived: 6 });
  expect(listener.stats).toMatchObject({
    connections: 1,
    accepted: 1,
    rejected: 0,
    messagesSent: 1,
    bytesSent: 6,
    messagesReceived: 3,
    bytesReceived: 3,
  });
  await endpoint.close();
  await eventually(() => expect(listener.stats).toMatchObject({ connections: 0, accepted: 1, messagesReceived: 3 }));
});

test('a pending call on a peer that crashes fails as every later one does', async () => {
  const { connection, endpoint } = await connectPair();
  const received = endpoint.recv();
  connection.destroy();
  const vanished = errorLike({ code: 'ECONNRESET' });
  await expect(received).rejects.toEqual(vanished);
  await expect(endpoint.recv()).rejects.toEqual(vanished);
  await expect(endpoint.send('a')).rejects.toEqual(vanished);
  expect(await endpoint.closed).toEqual(vanished);
});
