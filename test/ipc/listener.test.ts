/** A listener's ways of being consumed, and its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, Listener, type ListenerOptions, type Pod } from 'gips';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { sharedListeners } from '../support/platform.js';

const BUSY = errorLike({ code: 'ERR_GIPS_BUSY' });
const CLOSED = errorLike({ code: 'ERR_GIPS_CLOSED' });

async function bind(options?: ListenerOptions): Promise<Listener> {
  return keep(await Listener.bind(serviceName(), options));
}

async function connect({ name }: Listener): Promise<Endpoint> {
  return keep(await Endpoint.connect(name));
}

describe('pods', () => {
  test('each message of each client is answered on its own connection', async () => {
    const listener = await bind();
    void (async () => {
      for await (const pod of listener) await pod.reply(`you said ${pod.message.text()}`);
    })();
    const clients = [await connect(listener), await connect(listener)];
    for (const [i, client] of clients.entries()) await client.send(`hello ${i}`);
    for (const [i, client] of clients.entries()) expect((await client.recv()).text()).toBe(`you said hello ${i}`);
  });

  test('clients take turns, however much one of them has sent', async () => {
    const listener = await bind();
    const busy = await connect(listener);
    const quiet = await connect(listener);
    for (let i = 0; i < 100; i++) await busy.send('busy');
    await quiet.send('quiet');
    await sleep(50);
    const taken = [await listener.accept(), await listener.accept(), await listener.accept()];
    expect(taken.map(({ message }) => message.text())).toContain('quiet');
  });

  test('accept() takes its limits, and loses nothing', async () => {
    const listener = await bind();
    await expect(listener.accept({ timeout: 0 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT', address: listener.name }));
    const controller = new AbortController();
    const aborted = listener.accept({ signal: controller.signal });
    const patient = listener.accept();
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const client = await connect(listener);
    await client.send('for the patient');
    expect((await patient).message.text()).toBe('for the patient');
  });

  test('what a client sent before it left still comes', async () => {
    const listener = await bind();
    const client = await connect(listener);
    await client.send('one');
    await client.send('two');
    await client.close();
    await sleep(50);
    const first = await listener.accept();
    const second = await listener.accept();
    expect([first, second].map(({ message }) => message.text())).toEqual(['one', 'two']);
    await expect(second.reply('too late')).resolves.toBeUndefined();
    expect(listener.stats).toMatchObject({ connections: 0, accepted: 1, messagesReceived: 2, bytesReceived: 6 });
  });

  test('receiving on a connection whose messages come as pods is ERR_GIPS_BUSY', async () => {
    const listener = await bind();
    const client = await connect(listener);
    await client.send('x');
    const { connection, message } = (await listener.accept()).split();
    expect(message.text()).toBe('x');
    await expect(connection.recv()).rejects.toThrow(BUSY);
    expect(() => connection.on('message', () => undefined)).toThrow(BUSY);
  });

  test('a client that does not read its answers is not served on, and the others are', async () => {
    const listener = await bind({ highWaterMark: 100_000 });
    const chunk = Buffer.alloc(20_000);
    const answered = new Map<Pod['connection'], number>();
    void (async () => {
      for await (const { connection, message } of listener) {
        answered.set(connection, (answered.get(connection) ?? 0) + 1);
        await connection.reply(message.text() === 'quick' ? 'quick' : chunk, { to: message });
      }
    })();
    const stuck = keep(await Endpoint.connect(listener.name, { highWaterMark: 1000 }));
    for (let i = 0; i < 500; i++) await stuck.send('fill me');
    await sleep(100);
    const [soFar = 0] = answered.values();
    expect(soFar).toBeLessThan(500);
    const quick = await connect(listener);
    await quick.send('quick');
    expect((await quick.recv()).text()).toBe('quick');
    for (let i = 0; i < 500; i++) expect((await stuck.recv()).payload).toHaveLength(chunk.length);
  });
});

describe('connections', () => {
  test('come as soon as they are admitted, those from before the call first', async () => {
    const listener = await bind();
    const early = await connect(listener);
    await early.send('early');
    const connections = listener.connections();
    const first = await connections.next();
    expect((await first.value?.recv())?.text()).toBe('early');
    const second = connections.next();
    const late = await connect(listener);
    await late.send('late');
    expect((await (await second).value?.recv())?.text()).toBe('late');
    await connections.return?.();
    expect(await connections.next()).toEqual({ done: true, value: undefined });
  });

  test("are also given to 'connection' subscribers, who may then receive from them", async () => {
    const listener = await bind();
    const texts: string[] = [];
    listener.on('connection', (connection) => connection.on('message', (message) => texts.push(message.text())));
    const client = await connect(listener);
    await client.send('pushed');
    await eventually(() => expect(texts).toEqual(['pushed']));
    await expect(listener.accept()).rejects.toThrow(BUSY);
  });
});

describe('mixing the two is ERR_GIPS_BUSY', () => {
  test('pods first', async () => {
    const listener = await bind();
    expect(listener.tryAccept()).toBeNull();
    expect(() => listener.connections()).toThrow(BUSY);
    await expect(listener.accept({ timeout: 0 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  });

  test('connections first', async () => {
    const listener = await bind();
    listener.connections();
    await expect(listener.accept()).rejects.toThrow(BUSY);
    expect(() => listener.tryAccept()).toThrow(BUSY);
    expect(() => listener.acceptSync(0)).toThrow(BUSY);
    expect(() => listener[Symbol.asyncIterator]()).toThrow(BUSY);
  });
});

describe('close()', () => {
  test('frees the name, says goodbye to clients, fails pending calls and ends iterators', async () => {
    const listener = await bind();
    const client = await connect(listener);
    const pending = expect(listener.accept()).rejects.toThrow(CLOSED);
    const iterating = (async () => {
      for await (const pod of listener) throw new Error(pod.message.text());
    })();
    const closed = new Promise((resolve) => listener.once('close', () => resolve('closed')));
    expect(listener.close()).toBe(listener.close());
    await expect(Endpoint.connect(listener.name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED' }));
    await Promise.all([pending, iterating, listener.close()]);
    expect(await closed).toBe('closed');
    await expect(client.recv()).rejects.toThrow(errorLike({ code: 'EPIPE' }));
    keep(await Listener.bind(listener.name));
  });

  test('is the end: any use is ERR_GIPS_CLOSED', async () => {
    const listener = await bind();
    await listener.close();
    await expect(listener.accept()).rejects.toThrow(CLOSED);
    expect(() => listener.tryAccept()).toThrow(CLOSED);
    expect(() => listener.acceptSync()).toThrow(CLOSED);
    expect(() => listener.share()).toThrow(CLOSED);
    listener.ref().unref();
    expect(listener.stats.connections).toBe(0);
  });
});

test('a name that a live listener has is EADDRINUSE', async () => {
  const listener = await bind();
  await expect(Listener.bind(listener.name)).rejects.toThrow(errorLike({ code: 'EADDRINUSE', address: listener.name }));
  expect(() => Listener.bindSync(listener.name)).toThrow(errorLike({ code: 'EADDRINUSE' }));
});

sharedListeners.test('a shared listener goes on when its creator has closed', async () => {
  const creator = await bind();
  const shared = keep(await Listener.from(creator.share()));
  expect(shared.name).toBe(creator.name);
  await creator.close();
  const client = await connect(shared);
  await client.send('still there?');
  expect((await shared.accept()).message.text()).toBe('still there?');
});

test('a client that says nothing is dropped at the greeting timeout', async () => {
  const listener = await bind({ greetingTimeout: 50 });
  const rejected = new Promise((resolve) => listener.once('rejected', resolve));
  const silent = keep(await Endpoint.connect(listener.name, { wire: 'raw' }));
  expect(await rejected).toEqual(errorLike({ code: 'ETIMEDOUT' }));
  await expect(silent.recv()).rejects.toThrow(errorLike({ code: 'EPIPE' }));
});
