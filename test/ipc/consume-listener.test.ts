import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, Endpoint, Listener, type Pod } from 'gips';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

const busy = errorLike({ code: 'ERR_GIPS_BUSY', name: 'GipsError' });

let listener: Listener;

beforeEach(async () => {
  listener = keep(await Listener.bind(serviceName()));
});

async function connect(): Promise<Endpoint> {
  return keep(await Endpoint.connect(listener.name));
}

/** How a listener is consumed, and what each way is called. */
const POD_WAYS: Record<string, () => unknown> = {
  'accept()': () => listener.accept(),
  'acceptSync()': () => listener.acceptSync(10),
  'tryAccept()': () => listener.tryAccept(),
  'an iterator': () => listener[Symbol.asyncIterator]().next(),
};
const CONNECTION_WAYS: Record<string, (connection: Connection) => unknown> = {
  'connections()': () => listener.connections().next(),
  'recv() of a connection': (connection) => connection.recv(),
  "'message' of a connection": (connection) => connection.on('message', () => undefined),
};

/** The connection of a new client, which is not yet a way to consume the listener. */
async function connection(): Promise<Connection> {
  const admitted = new Promise<Connection>((resolve) => void listener.once('connection', resolve));
  await connect();
  return await admitted;
}

async function expectBusy(way: () => unknown): Promise<void> {
  await expect(Promise.resolve().then(way)).rejects.toEqual(busy);
}

describe('a listener that is consumed by', () => {
  test.each(Object.keys(POD_WAYS))('%s is not consumed by connections', async (way) => {
    const first = await connection();
    await Promise.race([Promise.resolve().then(POD_WAYS[way]), sleep(20)]).catch(() => undefined);
    for (const other of Object.values(CONNECTION_WAYS)) await expectBusy(() => other(first));
  });

  test.each(Object.keys(CONNECTION_WAYS))('%s is not consumed by pods', async (way) => {
    const first = await connection();
    await Promise.race([CONNECTION_WAYS[way]!(first), sleep(20)]);
    for (const other of Object.values(POD_WAYS)) await expectBusy(other);
  });
});

describe('pods', () => {
  test('may be taken by several calls and loops at once, each of them once', async () => {
    const endpoint = await connect();
    const texts: string[] = [];
    const loop = async (): Promise<void> => {
      for await (const pod of listener) texts.push(pod.message.text());
    };
    const loops = Promise.all([loop(), loop()]);
    const accepted = listener.accept().then((pod) => texts.push(pod.message.text()));
    for (const text of ['a', 'b', 'c', 'd', 'e']) await endpoint.send(text);
    await eventually(() => expect(texts).toHaveLength(5));
    expect(texts.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await listener.close();
    await loops;
    await accepted;
  });

  test('are not lost by break: the next loop goes on', async () => {
    const endpoint = await connect();
    for (const text of ['a', 'b', 'c', 'd']) await endpoint.send(text);
    const texts: string[] = [];
    for (const end of [1, 3, 4]) {
      for await (const pod of listener) {
        texts.push(pod.message.text());
        if (texts.length === end) break;
      }
    }
    expect(texts).toEqual(['a', 'b', 'c', 'd']);
  });

  test('come with a connection that cannot be received from', async () => {
    const endpoint = await connect();
    await endpoint.send('a');
    const { connection } = await listener.accept();
    await expect(connection.recv()).rejects.toEqual(busy);
    expect(() => connection.tryRecv()).toThrow(busy);
    expect(() => connection.on('message', () => undefined)).toThrow(busy);
    await expect(connection[Symbol.asyncIterator]().next()).rejects.toEqual(busy);
    await connection.send('but sent to');
    expect((await endpoint.recv()).text()).toBe('but sent to');
  });

  test('split into their parts, and say who sent them', async () => {
    const endpoint = await connect();
    await endpoint.send('a');
    const pod = await listener.accept();
    expect(pod.split()).toEqual({ connection: pod.connection, message: pod.message });
    expect(pod.credentials.pid).toBe(process.pid);
  });

  test('held from before the first use are there for it', async () => {
    const endpoint = await connect();
    await endpoint.send('early');
    await eventually(() => expect(listener.stats.messagesReceived).toBe(1));
    expect((await listener.accept()).message.text()).toBe('early');
  });

  test.each<[string, (endpoint: Endpoint) => Promise<void> | void]>([
    ['said goodbye', (endpoint) => endpoint.close()],
    ['crashed', (endpoint) => endpoint.destroy()],
  ])('of a client that has %s are still delivered, and can be answered in vain', async (_, leave) => {
    const endpoint = await connect();
    for (const text of ['a', 'b', 'c']) await endpoint.send(text);
    await endpoint.flush();
    await leave(endpoint);
    await eventually(() => expect(listener.stats.connections).toBe(0));
    const pods: Pod[] = [await listener.accept(), await listener.accept(), await listener.accept()];
    expect(pods.map((pod) => pod.message.text())).toEqual(['a', 'b', 'c']);
    for (const pod of pods) await pod.reply('too late');
  });

  test('of a client that floods do not delay another client’s by more than a few', async () => {
    const flood = 3000;
    const client = start('leave', {
      argument: { role: 'client', name: listener.name, way: 'unref() and the end of the program', count: flood },
    });
    await client.next('leaving');
    await eventually(() => expect(listener.stats.messagesReceived).toBe(flood));
    const endpoint = await connect();
    await endpoint.send('me too');
    await eventually(() => expect(listener.stats.messagesReceived).toBe(flood + 1));
    const texts: string[] = [];
    for (let count = 0; count < 5; count += 1) texts.push((await listener.accept()).message.text());
    expect(texts).toContain('me too');
  });

  test('of a client that floods do not delay another client’s by more than a few, in the blocking forms either', () => {
    const blocking = keep(Listener.bindSync(serviceName()));
    const flooding = keep(Endpoint.connectSync(blocking.name));
    while (flooding.trySend('flood'));
    expect(blocking.acceptSync().message.text()).toBe('flood');
    keep(Endpoint.connectSync(blocking.name)).sendSync('me too');
    let delay = 0;
    while (blocking.acceptSync(5000).message.text() !== 'me too') delay += 1;
    expect(delay).toBeLessThan(100);
  });
});

describe('connections()', () => {
  test('yields those admitted before the call, and those after it', async () => {
    const endpoints = [await connect(), await connect()];
    const connections = listener.connections();
    endpoints.push(await connect());
    for (const [index, endpoint] of endpoints.entries()) {
      const { value: connection } = (await connections.next()) as IteratorYieldResult<Connection>;
      await endpoint.send(`from ${index}`);
      expect((await connection.recv()).text()).toBe(`from ${index}`);
    }
  });

  test('yields a client that has sent and left, with what it sent', async () => {
    const endpoint = await connect();
    await endpoint.send('a');
    await endpoint.close();
    await eventually(() => expect(listener.stats.connections).toBe(0));
    const { value: connection } = (await listener.connections().next()) as IteratorYieldResult<Connection>;
    const texts: string[] = [];
    for await (const message of connection) texts.push(message.text());
    expect(texts).toEqual(['a']);
  });

  test('goes on in a new loop where another one was left', async () => {
    const endpoints = [await connect(), await connect()];
    const seen: Connection[] = [];
    for (const _ of endpoints) {
      for await (const connection of listener.connections()) {
        seen.push(connection);
        break;
      }
    }
    expect(new Set(seen).size).toBe(2);
  });
});

test('maxConnections: the next client is told to try again, and is admitted once another has left', async () => {
  const small = keep(await Listener.bind(serviceName(), { maxConnections: 2 }));
  const rejected: unknown[] = [];
  small.on('rejected', (error) => rejected.push(error));
  const endpoints = [await Endpoint.connect(small.name), await Endpoint.connect(small.name)];
  await expect(Endpoint.connect(small.name)).rejects.toMatchObject({ code: 'EAGAIN', address: small.name });
  expect(rejected).toEqual([errorLike({ code: 'EAGAIN' })]);
  await endpoints.pop()!.close();
  endpoints.push(await eventually(() => Endpoint.connect(small.name)));
  for (const endpoint of endpoints) await endpoint.close();
});
