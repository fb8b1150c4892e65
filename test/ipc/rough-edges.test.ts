/** What used to be accepted in silence, or told without its address, or noticed too late. */
import { openSync, closeSync } from 'node:fs';
import { devNull } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, Endpoint, Interest, IpcObject, Listener, Policy, Poller, ServiceDescriptor } from 'gips';
import { outOfMemory } from '#lib/ipc/endings.js';
import { Credentials } from '#lib/ipc/credentials.js';
import { resolveAddress } from '#lib/ipc/names.js';
import { Session } from '#lib/ipc/session.js';
import { native, type NativeAcceptor, type NativeChannel } from '#lib/native/index.js';
import { errnoOf } from '#lib/native/errno.js';
import { BarePeer } from '../support/bare-peer.js';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { sharedListeners } from '../support/platform.js';

const closed = errorLike({ code: 'ERR_GIPS_CLOSED', name: 'GipsError' });
const invalid = errorLike({ code: 'ERR_INVALID_ARG_TYPE' });

/** How many clients may have left with messages that nobody took, before a listener accepts no more. */
const MAX_LEFTOVERS = 256;
/** Clients it takes in one go. */
const MAX_PER_WAKE = 64;

/** Clients that send something and leave, none of whom waits for an answer. */
function comeAndGo(name: string, times: number): void {
  for (let time = 0; time < times; time += 1) {
    const endpoint = Endpoint.connectSync(name);
    endpoint.sendSync(`from ${time}`);
    void endpoint.close();
  }
}

describe('bad arguments are refused:', () => {
  test.each(['a string', 7, true])('the options of Pod.reply, if they are %p', async (options) => {
    const listener = keep(await Listener.bind(serviceName()));
    const endpoint = keep(await Endpoint.connect(listener.name));
    await endpoint.send('question');
    const pod = await listener.accept();
    await expect(pod.reply('answer', options as never)).rejects.toThrow(invalid);
    await pod.reply('the answer');
    expect((await endpoint.recv()).text()).toBe('the answer');
  });

  test.each(['an error', null, {}, 7])('the error of destroy(), if it is %p, and the channel stays', async (error) => {
    const { endpoint, connection } = await connectPair();
    expect(() => endpoint.destroy(error as never)).toThrow(invalid);
    await endpoint.send('still here');
    expect((await connection.recv()).text()).toBe('still here');
  });

  test.each(['soon', null, -1, NaN])('the drain time of a listener, if it is %p, and the listener stays', async (drain) => {
    const listener = keep(await Listener.bind(serviceName()));
    await expect(listener.close({ drain: drain as never })).rejects.toThrow(/options\.drain/);
    await expect(listener.close(7 as never)).rejects.toThrow(invalid);
    keep(await Endpoint.connect(listener.name));
  });
});

test('too many objects: the error names the service', async () => {
  const { endpoint, listener } = await connectPair();
  const fd = openSync(devNull, 'r');
  const object = keep(IpcObject.from({ fd }));
  closeSync(fd);
  const objects = Array<IpcObject>(254).fill(object);
  const tooMany = errorLike({ code: 'EMSGSIZE', address: listener.name });
  await expect(endpoint.send('a', { objects })).rejects.toThrow(tooMany);
  expect(() => endpoint.trySend('a', { objects })).toThrow(tooMany);
  expect(() => endpoint.sendSync('a', { objects })).toThrow(listener.name);
});

describe('an iterator made after close() rejects, one made before just ends:', () => {
  test.each(['endpoint', 'connection'] as const)('of an %s', async (end) => {
    const channel: Channel = (await connectPair())[end];
    const before = channel[Symbol.asyncIterator]();
    await channel.close();
    const after = channel[Symbol.asyncIterator]();
    await expect(after.next()).rejects.toThrow(closed);
    expect(await after.next()).toEqual({ done: true, value: undefined });
    expect(await before.next()).toEqual({ done: true, value: undefined });
  });

  test('of a destroyed endpoint', async () => {
    const { endpoint } = await connectPair();
    endpoint.destroy();
    await expect(endpoint[Symbol.asyncIterator]().next()).rejects.toThrow(closed);
  });

  test.each(['pods', 'connections'] as const)('of the %s of a listener', async (what) => {
    const listener = keep(await Listener.bind(serviceName()));
    const iterate = () => (what === 'pods' ? listener[Symbol.asyncIterator]() : listener.connections());
    const before = iterate();
    await listener.close();
    await expect(iterate().next()).rejects.toThrow(closed);
    expect(await before.next()).toEqual({ done: true, value: undefined });
  });

  test("but the peer's goodbye is no such error", async () => {
    const { endpoint, connection } = await connectPair();
    await connection.close();
    await endpoint.closed;
    expect(await endpoint[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });
});

test('reply() resolves on a connection that ended because there was no memory for what the client sent', async () => {
  const address = resolveAddress(serviceName());
  keep(native.listen(address, 1, null) as NativeAcceptor);
  const settings = { highWaterMark: 1000, maxMessageSize: 1000 };
  const subject = { what: 'Connection of a test', address: 'a test' };
  const session = new Session({
    ...subject,
    native: native.connect(address) as NativeChannel,
    credentials: Credentials.currentProcess(),
    settings,
    isRaw: true,
  });
  session.finish(outOfMemory(errnoOf('ENOMEM'), session));
  await session.sender.reply(undefined, 'answer', undefined);
  await expect(session.sender.send('message', undefined)).rejects.toThrow(errorLike({ code: 'EAGAIN' }));
  await expect(session.sender.reply(undefined, 7, undefined)).rejects.toThrow(invalid);
  session.destroy(undefined);
  await expect(session.sender.reply(undefined, 'answer', undefined)).rejects.toThrow(closed);
});

describe('connect({ timeout: 0 })', () => {
  const timedOut = errorLike({ code: 'ETIMEDOUT' });

  test('does not try a full queue again', async () => {
    const listener = keep(Listener.bindSync(serviceName(), { backlog: 1 }));
    expect(() => {
      for (;;) keep(Endpoint.connectSync(listener.name, { timeout: 0 }));
    }).toThrow(/queue is full: timed out after 0 ms/);
    const { connect } = native;
    let attempts = 0;
    native.connect = (address) => {
      attempts += 1;
      return connect(address);
    };
    await expect(Endpoint.connect(listener.name, { timeout: 0 })).rejects.toThrow(timedOut);
    native.connect = connect;
    expect(attempts).toBe(1);
  });

  test('does not wait for an answer', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    await expect(within(Endpoint.connect(listener.name, { timeout: 0 }), 'the end of the attempt')).rejects.toThrow(timedOut);
  });
});

test('a connection that its Poller gives back is watched with its listener', async () => {
  const listener = keep(Listener.bindSync(serviceName()));
  const endpoint = keep(Endpoint.connectSync(listener.name));
  endpoint.sendSync('first');
  const { connection } = listener.acceptSync();
  const poller = keep(new Poller());
  const token = poller.register(connection, Interest.READABLE);
  const next = listener.accept();
  await endpoint.send('second');
  poller.deregister(connection, token);
  expect((await within(next, 'the message')).message.text()).toBe('second');
});

describe('clients that come, send something and leave', () => {
  test('are held in bounded number while nobody takes them, and none is lost', async () => {
    const listener = keep(await Listener.bind(serviceName(), { backlog: 1024 }));
    const connections = listener.connections();
    comeAndGo(listener.name, 600);
    await eventually(() => expect(listener.stats.accepted).toBeGreaterThanOrEqual(MAX_LEFTOVERS));
    await sleep(300);
    expect(listener.stats.accepted).toBeLessThanOrEqual(MAX_LEFTOVERS + MAX_PER_WAKE);
    const texts: string[] = [];
    for await (const connection of connections) {
      for await (const message of connection) texts.push(message.text());
      if (texts.length === 600) break;
    }
    expect(texts).toEqual(Array.from({ length: 600 }, (_, time) => `from ${time}`));
  });

  test("do not keep a listener from others once somebody subscribes to 'connection'", async () => {
    const listener = keep(await Listener.bind(serviceName()));
    comeAndGo(listener.name, 2 * MAX_LEFTOVERS);
    await eventually(() => expect(listener.stats.accepted).toBeGreaterThanOrEqual(MAX_LEFTOVERS));
    await sleep(100);
    listener.once('connection', () => undefined);
    listener.on('connection', () => undefined);
    keep(await Endpoint.connect(listener.name, { timeout: 5_000 }));
    expect(listener.stats.accepted).toBe(2 * MAX_LEFTOVERS + 1);
  });
});

describe('an EACCES tells of which service:', () => {
  test('a client that is gone before the validators have answered', async () => {
    const name = serviceName();
    const peer = new BarePeer();
    const service = new ServiceDescriptor(name).withCredentialValidator(() => peer.kill());
    const listener = keep(await Listener.bind(service));
    const rejected = new Promise((resolve) => listener.on('rejected', resolve));
    await peer.connect(name);
    // It may be killed before it can say that it has sent.
    await peer.send(Buffer.from('raw')).catch(() => undefined);
    expect(await within(rejected, 'the rejection')).toMatchObject({
      code: 'EACCES',
      address: name,
      message: expect.stringMatching('exited'),
    });
  });

  sharedListeners.test('one that an adopted listener does not admit', async () => {
    const creator = keep(Listener.bindSync(serviceName()));
    const policy = new Policy().withCredentialValidator(() => false);
    const listener = keep(await Listener.from(creator.share(), { policy }));
    const rejected = new Promise((resolve) => listener.on('rejected', resolve));
    await Endpoint.connect(creator.name).catch(() => undefined);
    expect(await within(rejected, 'the rejection')).toMatchObject({ code: 'EACCES', address: creator.name });
  });
});
