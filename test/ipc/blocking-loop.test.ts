import { Endpoint, Events, Interest, Listener, Poller } from 'gips';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { start } from '../support/processes.js';

const PATIENCE_MS = 5000;
const busy = errorLike({ code: 'ERR_GIPS_BUSY' });

describe('the first asynchronous use brings into the event loop', () => {
  test('a listener made by bindSync, with the clients it has', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(listener.name));
    endpoint.sendSync('before');
    expect(listener.acceptSync(PATIENCE_MS).message.text()).toBe('before');
    const accepted = listener.accept();
    await endpoint.send('after');
    expect((await accepted).message.text()).toBe('after');
    const other = await Endpoint.connect(listener.name);
    await other.close();
  });

  test('a listener made by bindSync, by one of its connections', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(listener.name));
    endpoint.sendSync('hello');
    const { connection } = listener.acceptSync(PATIENCE_MS);
    await connection.send('answer');
    await connection.flush();
    expect(endpoint.recvSync(PATIENCE_MS).text()).toBe('answer');
    const other = await Endpoint.connect(listener.name, { timeout: PATIENCE_MS });
    await other.close();
  });

  test.each<[string, (endpoint: Endpoint) => Promise<string>]>([
    ['recv', async (endpoint) => (await endpoint.recv()).text()],
    [
      'an iterator',
      async (endpoint) => ((await endpoint[Symbol.asyncIterator]().next()) as IteratorYieldResult<{ text(): string }>).value.text(),
    ],
    ["'message'", (endpoint) => new Promise((resolve) => void endpoint.once('message', (message) => resolve(message.text())))],
  ])('an endpoint made by connectSync: %s', async (_, receive) => {
    const listener = keep(await Listener.bind(serviceName()));
    const endpoint = keep(Endpoint.connectSync(listener.name));
    const received = receive(endpoint);
    await endpoint.send('question');
    const pod = await listener.accept();
    await pod.reply('answer');
    expect(await received).toBe('answer');
  });
});

describe('the blocking forms work on what the event loop watches', () => {
  test('an endpoint', async () => {
    const server = start('echo-server', { argument: { name: serviceName() } });
    const endpoint = keep(await Endpoint.connect(await server.next<string>('listening')));
    for (const text of ['a', 'b', 'c']) {
      endpoint.sendSync(text);
      expect(endpoint.recvSync(PATIENCE_MS).text()).toBe(text);
    }
    await endpoint.send('d');
    expect(endpoint.recvSync(PATIENCE_MS).text()).toBe('d');
    endpoint.sendSync('e');
    expect((await endpoint.recv()).text()).toBe('e');
  });

  test('an endpoint that has messages no turn of the loop has sent yet', async () => {
    const server = start('echo-server', { argument: { name: serviceName() } });
    const endpoint = keep(await Endpoint.connect(await server.next<string>('listening')));
    const texts = ['a', 'b', 'c', 'd'];
    const sent = texts.map((text) => endpoint.send(text));
    for (const text of texts) expect(endpoint.recvSync(PATIENCE_MS).text()).toBe(text);
    await Promise.all(sent);
  });

  test('an endpoint, though another one has messages no turn of the loop has sent yet', async () => {
    const { connection, endpoint } = await connectPair();
    const texts = ['a', 'b', 'c', 'd'];
    const sent = texts.map((text) => connection.send(text));
    for (const text of texts) expect(endpoint.recvSync(PATIENCE_MS).text()).toBe(text);
    await Promise.all(sent);
  });

  test('a listener', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    const client = start('leave', { argument: { role: 'client', name: listener.name, way: 'the end of the program', count: 2 } });
    expect(listener.acceptSync(PATIENCE_MS).message.payload.readUInt32LE()).toBe(0);
    expect((await listener.accept()).message.payload.readUInt32LE()).toBe(1);
    expect(listener.tryAccept()).toBeNull();
    await client.finish();
  });

  test('both ends of a channel in one thread', async () => {
    const { connection, endpoint } = await connectPair();
    endpoint.sendSync('a');
    expect(connection.recvSync(PATIENCE_MS).text()).toBe('a');
    connection.sendSync('b');
    expect(endpoint.tryRecv()!.text()).toBe('b');
  });
});

describe('a Poller and the event loop do not share', () => {
  let poller: Poller;

  beforeEach(() => (poller = new Poller()));
  afterEach(() => poller.close());

  test('an endpoint or a connection that has been used asynchronously', async () => {
    const { connection, endpoint } = await connectPair();
    expect(() => poller.register(endpoint, Interest.READABLE)).toThrow(busy);
    expect(() => poller.register(connection, Interest.READABLE)).toThrow(busy);
  });

  test('a registered endpoint', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(listener.name));
    const token = poller.register(endpoint, Interest.READABLE);
    await expect(endpoint.recv()).rejects.toEqual(busy);
    await expect(endpoint.send('a')).rejects.toEqual(busy);
    await expect(endpoint.flush()).rejects.toEqual(busy);
    await expect(endpoint[Symbol.asyncIterator]().next()).rejects.toEqual(busy);
    expect(() => endpoint.on('message', () => undefined)).toThrow(busy);
    endpoint.sendSync('b');
    expect(listener.acceptSync(PATIENCE_MS).message.text()).toBe('b');
    poller.deregister(endpoint, token);
    await endpoint.send('c');
    await endpoint.flush();
    expect(listener.acceptSync(PATIENCE_MS).message.text()).toBe('c');
  });

  test('a registered listener, nor its connections', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(listener.name));
    endpoint.sendSync('a');
    const token = poller.register(listener, Interest.READABLE);
    poller.poll(new Events(), PATIENCE_MS);
    const { connection } = listener.tryAccept()!;
    await expect(listener.accept()).rejects.toEqual(busy);
    await expect(listener[Symbol.asyncIterator]().next()).rejects.toEqual(busy);
    await expect(connection.send('b')).rejects.toEqual(busy);
    poller.deregister(listener, token);
    await connection.send('c');
    await connection.flush();
    expect(endpoint.recvSync(PATIENCE_MS).text()).toBe('c');
  });

  test('a source with another Poller', () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const other = keep(new Poller());
    poller.register(listener, Interest.READABLE);
    expect(() => other.register(listener, Interest.READABLE)).toThrow(busy);
  });
});
