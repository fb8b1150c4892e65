/** User code is called in the middle of things, and may do anything there. */
import { type Channel, type Connection, Endpoint, IpcObject, Listener, type Message, Policy, ServiceDescriptor } from 'gips';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';

const closed = errorLike({ code: 'ERR_GIPS_CLOSED' });

/** What user code may do to a channel at the worst moment. */
const MISCHIEF: [label: string, act: (channel: Channel) => void][] = [
  ['destroys it', (channel) => channel.destroy()],
  ['destroys it with an error', (channel) => channel.destroy(new Error('enough'))],
  ['closes it', (channel) => void channel.close()],
  ['removes all subscribers', (channel) => channel.removeAllListeners()],
];

async function sendAll(channel: Channel, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await channel.send(`message ${i}`);
  await channel.flush();
}

describe('a subscriber', () => {
  test.each(MISCHIEF)("of 'message' %s: no further message comes", async (_, act) => {
    const { connection, endpoint } = await connectPair();
    let count = 0;
    await sendAll(connection, 20);
    const acted = new Promise<void>((resolve) => {
      endpoint.on('error', () => undefined);
      endpoint.on('message', () => {
        count += 1;
        act(endpoint);
        resolve();
      });
    });
    await acted;
    await sendAll(connection, 20).catch(() => undefined);
    expect(count).toBe(1);
  });

  test.each(MISCHIEF.slice(0, 3))("of 'drain' %s", async (_, act) => {
    const { connection, endpoint } = await connectPair();
    while (endpoint.trySend(Buffer.alloc(65_536)));
    endpoint.on('drain', () => act(endpoint));
    connection.on('error', () => undefined).on('message', () => undefined);
    await endpoint.closed;
  });

  test.each(MISCHIEF)("of 'close' %s", async (_, act) => {
    const { connection, endpoint } = await connectPair();
    let count = 0;
    endpoint.on('close', () => {
      count += 1;
      act(endpoint);
    });
    await connection.close();
    await eventually(() => expect(count).toBe(1));
  });

  test("of 'message' sends, and leaves the channel to recv()", async () => {
    const { connection, endpoint } = await connectPair();
    await sendAll(connection, 3);
    const received = await new Promise<Message>((resolve) => {
      endpoint.once('message', (message) => {
        endpoint.sendSync(message.payload);
        resolve(endpoint.recv());
      });
    });
    expect(received.text()).toBe('message 1');
    expect((await connection.recv()).text()).toBe('message 0');
  });

  test("of 'connection' closes the listener", async () => {
    const listener = await Listener.bind(serviceName());
    listener.on('connection', () => void listener.close());
    const endpoints = await Promise.allSettled(Array.from({ length: 10 }, () => Endpoint.connect(listener.name)));
    for (const result of endpoints) if (result.status === 'fulfilled') result.value.destroy();
    await expect(listener.accept()).rejects.toEqual(closed);
  });

  test("of 'connection' destroys it", async () => {
    const listener = keep(await Listener.bind(serviceName()));
    listener.on('connection', (connection) => connection.destroy());
    const endpoint = keep(await Endpoint.connect(listener.name));
    await expect(endpoint.recv()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(listener.stats).toMatchObject({ accepted: 1, connections: 0 });
  });

  test("of 'rejected' closes the listener", async () => {
    const listener = await Listener.bind(new ServiceDescriptor(serviceName()).withCredentialValidator(() => false));
    const over = new Promise<void>((resolve) => listener.on('rejected', () => resolve(listener.close())));
    await expect(Endpoint.connect(listener.name)).rejects.toMatchObject({ code: 'EACCES' });
    await over;
  });
});

describe('a loop', () => {
  test.each(MISCHIEF.slice(0, 3))('over messages %s', async (_, act) => {
    const { connection, endpoint } = await connectPair();
    await sendAll(connection, 20);
    let count = 0;
    for await (const _message of endpoint) {
      count += 1;
      act(endpoint);
    }
    expect(count).toBe(1);
  });

  test('over pods closes their connections, and then the listener', async () => {
    const listener = await Listener.bind(serviceName());
    const endpoints = await Promise.all(Array.from({ length: 3 }, () => Endpoint.connect(listener.name)));
    for (const endpoint of endpoints) {
      await sendAll(endpoint, 5);
      keep(endpoint);
    }
    const seen = new Set<Connection>();
    for await (const { connection } of listener) {
      expect(seen).not.toContain(connection);
      seen.add(connection);
      await connection.close();
      if (seen.size === 3) await listener.close();
    }
  });
});

describe('a validator', () => {
  const admits = [
    ['at once', () => undefined],
    ['later', () => new Promise<void>((resolve) => setImmediate(resolve))],
  ] as const;

  test.each(admits)('of a listener closes it and admits %s', async (_, answer) => {
    const service = new ServiceDescriptor(serviceName()).withCredentialValidator(() => {
      void listener.close();
      return answer();
    });
    const listener = await Listener.bind(service);
    await expect(Endpoint.connect(service.name)).rejects.toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) as string });
    await listener.close();
    expect(listener.stats.accepted).toBe(0);
  });

  test.each(admits)('of a blocking listener closes it and admits %s', async (_, answer) => {
    const service = new ServiceDescriptor(serviceName()).withCredentialValidator(() => {
      void listener.close();
      return answer();
    });
    const listener = Listener.bindSync(service);
    keep(Endpoint.connectSync(service.name)).sendSync('hello');
    expect(() => listener.acceptSync(5000)).toThrow(closed);
    await listener.close();
  });

  test('of a client closes the server', async () => {
    const listener = await Listener.bind(serviceName());
    const serverPolicy = new Policy().withCredentialValidator(() => listener.close());
    await expect(Endpoint.connect(listener.name, { serverPolicy })).rejects.toMatchObject({ name: 'GipsError' });
  });

  test('asks for the next client, while it is asked about this one', () => {
    let depth = 0;
    const service = new ServiceDescriptor(serviceName()).withCredentialValidator(() => {
      depth += 1;
      if (depth === 1) expect(listener.tryAccept()).toBeNull();
      depth -= 1;
    });
    const listener = keep(Listener.bindSync(service));
    keep(Endpoint.connectSync(service.name)).sendSync('a');
    expect(listener.acceptSync(5000).message.text()).toBe('a');
  });
});

describe('what a call is given', () => {
  test.each(['send', 'sendSync', 'trySend'] as const)('destroys the channel amid %s', async (form) => {
    const { endpoint } = await connectPair();
    const object = keep(IpcObject.from({ fd: 0 }));
    function* objects(): Generator<IpcObject> {
      endpoint.destroy();
      yield object;
    }
    await expect(Promise.resolve().then(() => endpoint[form]('a', { objects: objects() }))).rejects.toEqual(closed);
  });

  test('closes an object amid the list', async () => {
    const { connection, endpoint } = await connectPair();
    const object = IpcObject.from({ fd: 0 });
    function* objects(): Generator<IpcObject> {
      yield object;
      object.close();
    }
    await expect(endpoint.send('a', { objects: objects() })).rejects.toEqual(closed);
    await endpoint.send('b');
    expect((await connection.recv()).text()).toBe('b');
  });

  test('destroys the channel when its signal is asked', async () => {
    const { endpoint } = await connectPair();
    const options = {
      get timeout() {
        endpoint.destroy();
        return 1000;
      },
    };
    await expect(endpoint.recv(options)).rejects.toEqual(closed);
    await expect(endpoint.send('a', options)).rejects.toEqual(closed);
  });
});
