/** Getting connected, or not. */
import { Credentials, Endpoint, Listener, Policy, ServiceDescriptor } from 'gips';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { socketFiles } from '../support/platform.js';

async function bind(service: string | ServiceDescriptor = serviceName()): Promise<Listener> {
  return keep(await Listener.bind(service));
}

test('connect() resolves once the server has admitted the client, and tells who each other is', async () => {
  const listener = await bind();
  const endpoint = keep(await Endpoint.connect(listener.name));
  const { value: connection } = await listener.connections().next();
  const self = Credentials.currentProcess();
  expect(endpoint.credentials).toMatchObject({ pid: self.pid, uid: self.uid });
  expect(connection?.credentials).toMatchObject({ pid: self.pid, uid: self.uid });
});

test('nobody listening is ECONNREFUSED', async () => {
  const name = serviceName();
  await expect(Endpoint.connect(name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED', address: name, message: name }));
  expect(() => Endpoint.connectSync(name)).toThrow(errorLike({ code: 'ECONNREFUSED', syscall: 'connect' }));
});

socketFiles.test('a path that does not exist is ECONNREFUSED', async () => {
  await expect(Endpoint.connect(`${socketPath()}/none`)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED' }));
});

describe('a client that the server refuses', () => {
  const nobody = (): ServiceDescriptor => new ServiceDescriptor(serviceName()).withCredentialValidator(() => false);

  test('is told by the rejection of connect(), and the listener by an event', async () => {
    const listener = await bind(nobody());
    const rejected = new Promise((resolve) => listener.once('rejected', (...event) => resolve(event)));
    await expect(Endpoint.connect(listener.name)).rejects.toThrow(errorLike({ code: 'EACCES', address: listener.name }));
    expect(await rejected).toEqual([errorLike({ code: 'EACCES' }), expect.objectContaining({ pid: process.pid })]);
    expect(listener.stats).toMatchObject({ connections: 0, accepted: 0, rejected: 1 });
  });

  test('is told by the next call of any kind after connectSync()', async () => {
    const listener = await bind(nobody());
    const endpoint = keep(Endpoint.connectSync(listener.name));
    await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'EACCES' }));
    await expect(endpoint.send('x')).rejects.toThrow(errorLike({ code: 'EACCES' }));
    expect(() => endpoint.trySend('x')).toThrow(errorLike({ code: 'EACCES' }));
    expect(() => endpoint.tryRecv()).toThrow(errorLike({ code: 'EACCES' }));
    expect(await endpoint.closed).toEqual(errorLike({ code: 'EACCES' }));
  });

  test('does not keep the listener from serving the next one', async () => {
    let isFirst = true;
    const admitSecond = (): boolean => !isFirst || (isFirst = false);
    const listener = await bind(new ServiceDescriptor(serviceName()).withCredentialValidator(admitSecond));
    await expect(Endpoint.connect(listener.name)).rejects.toThrow(errorLike({ code: 'EACCES' }));
    const endpoint = keep(await Endpoint.connect(listener.name));
    await endpoint.send('hello');
    expect((await listener.accept()).message.text()).toBe('hello');
  });
});

test('a server that the client does not want is left before it hears of anything', async () => {
  const listener = await bind();
  const seen: unknown[] = [];
  listener.on('connection', (connection) => seen.push(connection)).on('rejected', (error) => seen.push(error));
  const serverPolicy = new Policy().withCredentialValidator(() => false);
  await expect(Endpoint.connect(listener.name, { serverPolicy })).rejects.toThrow(errorLike({ code: 'EACCES' }));
  expect(() => Endpoint.connectSync(listener.name, { serverPolicy })).toThrow(errorLike({ code: 'EACCES' }));
  keep(await Endpoint.connect(listener.name));
  expect(seen).toHaveLength(1);
});

test('connect() is given up by its timeout and its signal while a validator thinks', async () => {
  const listener = await bind(new ServiceDescriptor(serviceName()).withCredentialValidator(() => new Promise<void>(() => {})));
  await expect(Endpoint.connect(listener.name, { timeout: 20 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT', address: listener.name }));
  const controller = new AbortController();
  const reason = new Error('changed my mind');
  const connecting = Endpoint.connect(listener.name, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(connecting).rejects.toBe(reason);
  await expect(Endpoint.connect(listener.name, { signal: controller.signal })).rejects.toBe(reason);
});

test('connections over maxConnections are refused as EAGAIN, until one is free', async () => {
  const listener = keep(await Listener.bind(serviceName(), { maxConnections: 1 }));
  const first = await Endpoint.connect(listener.name);
  await expect(Endpoint.connect(listener.name)).rejects.toThrow(errorLike({ code: 'EAGAIN', address: listener.name }));
  const ended = new Promise((resolve) => listener.once('connection', (connection) => resolve(connection.closed)));
  void ended;
  await first.close();
  await expect(
    listener
      .connections()
      .next()
      .then(({ value }) => value?.closed),
  ).resolves.toBeUndefined();
  keep(await Endpoint.connect(listener.name));
  expect(listener.stats).toMatchObject({ connections: 1, accepted: 2, rejected: 1 });
});

test('what is sent before the server has answered arrives in order, large or small, with the bytes it had', async () => {
  const listener = await bind();
  const endpoint = keep(Endpoint.connectSync(listener.name));
  const large = Buffer.alloc(200_000, 'a');
  const sent = [endpoint.send('first'), endpoint.send(large), endpoint.send('last')];
  large.fill('b');
  await Promise.all(sent);
  expect((await listener.accept()).message.text()).toBe('first');
  expect((await listener.accept()).message.payload.equals(Buffer.alloc(200_000, 'a'))).toBe(true);
  expect((await listener.accept()).message.text()).toBe('last');
});

test('both ends of a blocking conversation can live in one thread', () => {
  const listener = keep(Listener.bindSync(serviceName()));
  const endpoint = keep(Endpoint.connectSync(listener.name));
  endpoint.sendSync('question');
  const { connection, message } = listener.acceptSync(1000);
  expect(message.text()).toBe('question');
  connection.sendSync('answer');
  expect(endpoint.recvSync(1000).text()).toBe('answer');
});

test.each([
  ['a name that is no string', () => Endpoint.connect(5 as never), 'ERR_INVALID_ARG_TYPE'],
  ['an empty name', () => Endpoint.connect(''), 'ERR_INVALID_ARG_VALUE'],
  ['a policy that is none', () => Endpoint.connect('x', { serverPolicy: {} as never }), 'ERR_INVALID_ARG_TYPE'],
  ['a timeout below 0', () => Endpoint.connect('x', { timeout: -1 }), 'ERR_OUT_OF_RANGE'],
  [
    'a user nobody knows',
    () => Endpoint.connect('x', { serverPolicy: new Policy().withAllowedUid(['gips-none']) }),
    'ERR_INVALID_ARG_VALUE',
  ],
])('%s is a rejection, never a throw', async (_, connect, code) => {
  await expect(connect()).rejects.toThrow(errorLike({ code }));
});
