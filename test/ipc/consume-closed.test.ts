import { type Channel, Endpoint, Events, Interest, Listener, Poller } from 'gips';
import { within } from '../support/deadline.js';
import { errorLike, failureOf } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { NAME_KINDS, serviceName } from '../support/names.js';
import { connectPair, type Pair } from '../support/pair.js';

const closed = errorLike({ code: 'ERR_GIPS_CLOSED', name: 'GipsError' });

const CHANNEL_USES: [name: string, form: 'throws' | 'rejects', use: (channel: Channel) => unknown][] = [
  ['send', 'rejects', (channel) => channel.send('a')],
  ['sendSync', 'throws', (channel) => channel.sendSync('a')],
  ['trySend', 'throws', (channel) => channel.trySend('a')],
  ['flush', 'rejects', (channel) => channel.flush()],
  ['recv', 'rejects', (channel) => channel.recv()],
  ['recvSync', 'throws', (channel) => channel.recvSync()],
  ['tryRecv', 'throws', (channel) => channel.tryRecv()],
  ['register', 'throws', (channel) => register(channel)],
];

const LISTENER_USES: [name: string, form: 'throws' | 'rejects', use: (listener: Listener) => unknown][] = [
  ['accept', 'rejects', (listener) => listener.accept()],
  ['acceptSync', 'throws', (listener) => listener.acceptSync()],
  ['tryAccept', 'throws', (listener) => listener.tryAccept()],
  ['share', 'throws', (listener) => listener.share()],
  ['register', 'throws', (listener) => register(listener)],
];

function register(source: Channel | Listener): void {
  const poller = keep(new Poller());
  poller.register(source, Interest.READABLE);
  poller.poll(new Events(), 0);
}

describe('after close()', () => {
  describe.each(['endpoint', 'connection'] as const)('an %s', (end) => {
    test.each(CHANNEL_USES)('has no use for %s', async (_, form, use) => {
      const channel = (await connectPair())[end];
      await channel.close();
      expect(await failureOf(form, () => use(channel))).toEqual(closed);
    });

    test('still tells what it was', async () => {
      const pair = await connectPair();
      const channel: Channel = pair[end];
      await channel.close();
      expect(channel.credentials.pid).toBe(process.pid);
      expect(channel.bufferedAmount).toBe(0);
      expect(channel.stats.messagesSent).toBe(0);
      expect(await channel.closed).toBeUndefined();
      channel.ref().unref();
      channel.destroy();
      await channel.close();
    });
  });

  test('a connection has no use for reply', async () => {
    const { connection } = await connectPair();
    await connection.close();
    expect(await failureOf('rejects', () => connection.reply('a'))).toEqual(closed);
  });

  test.each(LISTENER_USES)('a listener has no use for %s', async (_, form, use) => {
    const listener = await Listener.bind(serviceName());
    await listener.close();
    expect(await failureOf(form, () => use(listener))).toEqual(closed);
  });

  test('a listener still tells what it was', async () => {
    const { listener } = await connectPair();
    const { name } = listener;
    await listener.close();
    expect(listener.name).toBe(name);
    expect(listener.stats).toMatchObject({ accepted: 1, connections: 0 });
    listener.ref().unref();
    await listener.close();
  });
});

describe('close() ends what is pending:', () => {
  let pair: Pair;

  beforeEach(async () => {
    pair = await connectPair();
  });

  test('recv', async () => {
    const received = [pair.endpoint.recv(), pair.endpoint.recv({ timeout: 60_000 })];
    void pair.endpoint.close();
    for (const call of received) await expect(call).rejects.toEqual(closed);
  });

  test('a loop over messages', async () => {
    const loop = (async () => {
      for await (const _ of pair.endpoint);
    })();
    await pair.endpoint.close();
    await within(loop, 'the end of the loop');
  });

  test('what has been received and not taken', async () => {
    await pair.connection.send('dropped');
    await pair.connection.flush();
    await pair.endpoint.close();
    await expect(pair.endpoint.recv()).rejects.toEqual(closed);
  });

  test('accept', async () => {
    const listener = await Listener.bind(serviceName());
    const accepted = [listener.accept(), listener.accept({ timeout: 60_000 })];
    void listener.close();
    for (const call of accepted) await expect(call).rejects.toEqual(closed);
  });

  test('loops over pods and connections', async () => {
    const listeners = [await Listener.bind(serviceName()), await Listener.bind(serviceName())] as const;
    const loops = [
      (async () => {
        for await (const _ of listeners[0]);
      })(),
      (async () => {
        for await (const _ of listeners[1].connections());
      })(),
    ];
    await Promise.all(listeners.map((listener) => listener.close()));
    await within(Promise.all(loops), 'the end of the loops');
  });

  test('send, that waits for room, and its message is not lost', async () => {
    const { connection, endpoint } = pair;
    const chunk = Buffer.alloc(65_536);
    let sent = 0;
    while (endpoint.trySend(chunk)) sent += 1;
    const waiting = endpoint.send('the last one');
    const over = endpoint.close();
    for (let taken = 0; taken < sent; taken += 1) await connection.recv();
    expect((await connection.recv()).text()).toBe('the last one');
    await expect(connection.recv()).rejects.toMatchObject({ code: 'EPIPE' });
    await waiting;
    await over;
  });
});

describe('a name is free again when close() has resolved:', () => {
  test.each(NAME_KINDS)('%s', async (_, newName) => {
    const name = newName();
    for (let i = 0; i < 3; i += 1) {
      const listener = await Listener.bind(name);
      await expect(Listener.bind(name)).rejects.toMatchObject({ code: 'EADDRINUSE', address: name });
      const endpoint = await Endpoint.connect(name);
      await listener.close();
      await expect(endpoint.recv()).rejects.toMatchObject({ code: 'EPIPE' });
    }
    await expect(Endpoint.connect(name)).rejects.toMatchObject({ code: 'ECONNREFUSED', address: name });
  });
});

test('`await using` closes a listener and an endpoint, in order', async () => {
  const name = serviceName();
  let kept: Channel;
  {
    await using listener = await Listener.bind(name);
    await using endpoint = await Endpoint.connect(name);
    await endpoint.send('hello');
    await listener.accept();
    kept = endpoint;
  }
  await expect(kept.recv()).rejects.toEqual(closed);
  expect(await kept.closed).toBeUndefined();
  await expect(Endpoint.connect(name)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
