import { type Connection, Endpoint, Listener, Policy, ServiceDescriptor } from 'gips';
import { stamped } from '../programs/stamped.mjs';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

const PATIENCE_MS = 5000;

/** Both ends in this thread; nothing here waits for the event loop. */
function bothEnds(): { listener: Listener; endpoint: Endpoint } {
  const listener = keep(Listener.bindSync(serviceName()));
  return { listener, endpoint: keep(Endpoint.connectSync(listener.name)) };
}

describe('both ends in one thread, without the event loop', () => {
  test('a message and its answer, nobody waits', () => {
    const { listener, endpoint } = bothEnds();
    expect(endpoint.trySend('question')).toBe(true);
    const pod = listener.tryAccept()!;
    expect(pod.message.text()).toBe('question');
    expect(pod.credentials.pid).toBe(process.pid);
    expect(pod.connection.trySend('answer')).toBe(true);
    expect(endpoint.tryRecv()!.text()).toBe('answer');
  });

  test('a message and its answer, everybody would wait', () => {
    const { listener, endpoint } = bothEnds();
    endpoint.sendSync('question');
    const { connection, message } = listener.acceptSync().split();
    connection.sendSync(message.payload);
    expect(endpoint.recvSync().text()).toBe('question');
  });

  test('there is null while nothing has come', () => {
    const { listener, endpoint } = bothEnds();
    expect(listener.tryAccept()).toBeNull();
    expect(endpoint.tryRecv()).toBeNull();
  });

  test('a client that said nothing is known by the event', () => {
    const { listener } = bothEnds();
    const admitted: Connection[] = [];
    listener.on('connection', (connection) => admitted.push(connection));
    expect(listener.tryAccept()).toBeNull();
    expect(admitted).toHaveLength(1);
  });

  test('each of several clients gets its own answer', () => {
    const { listener, endpoint } = bothEnds();
    const endpoints = [endpoint, ...['b', 'c', 'd'].map(() => keep(Endpoint.connectSync(listener.name)))];
    endpoints.forEach((client, index) => client.sendSync(`client ${index}`));
    for (const _ of endpoints) {
      const pod = listener.acceptSync(PATIENCE_MS);
      pod.connection.sendSync(`for ${pod.message.text()}`);
    }
    endpoints.forEach((client, index) => expect(client.recvSync(PATIENCE_MS).text()).toBe(`for client ${index}`));
  });

  test('a goodbye is EPIPE, every time', async () => {
    const { listener, endpoint } = bothEnds();
    endpoint.sendSync('the last one');
    await endpoint.close();
    const { connection, message } = listener.acceptSync(PATIENCE_MS);
    expect(message.text()).toBe('the last one');
    expect(listener.tryAccept()).toBeNull();
    for (let i = 0; i < 2; i += 1) {
      expect(() => connection.sendSync('too late')).toThrow(errorLike({ code: 'EPIPE' }));
      expect(() => connection.trySend('too late')).toThrow(errorLike({ code: 'EPIPE' }));
    }
  });

  test('what the server takes is only known once it has been reached, so a large message has to wait for that', () => {
    const { listener, endpoint } = bothEnds();
    const large = stamped(1, 100_000);
    expect(endpoint.trySend(large)).toBe(false);
    expect(() => endpoint.sendSync(large, { timeout: 20 })).toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(listener.tryAccept()).toBeNull();
    expect(endpoint.trySend(large)).toBe(true);
    expect(listener.acceptSync(PATIENCE_MS).message.payload).toEqual(large);
  });
});

describe('a refusal', () => {
  test('by the server is what every call of a blocking client reports, once it has come', () => {
    const service = new ServiceDescriptor(serviceName()).withCredentialValidator(() => false);
    const listener = keep(Listener.bindSync(service));
    const rejected: string[] = [];
    listener.on('rejected', (error, { pid }) => rejected.push(`${(error as { code?: string }).code} ${pid}`));
    const endpoint = keep(Endpoint.connectSync(service.name));
    endpoint.sendSync('never seen');
    expect(listener.tryAccept()).toBeNull();
    expect(rejected).toEqual([`EACCES ${process.pid}`]);
    const refused = errorLike({ code: 'EACCES', address: service.name });
    expect(() => endpoint.tryRecv()).toThrow(refused);
    expect(() => endpoint.recvSync(PATIENCE_MS)).toThrow(refused);
    expect(() => endpoint.trySend('too late')).toThrow(refused);
    expect(() => endpoint.sendSync('too late')).toThrow(refused);
  });

  test('by a validator that would need the event loop says so', () => {
    const service = new ServiceDescriptor(serviceName()).withCredentialValidator(() => Promise.resolve());
    const listener = keep(Listener.bindSync(service));
    const errors: Error[] = [];
    listener.on('rejected', (error) => errors.push(error));
    keep(Endpoint.connectSync(service.name));
    expect(listener.tryAccept()).toBeNull();
    expect(errors).toEqual([errorLike({ code: 'EACCES', cause: errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }) })]);
  });

  test('by the client is an error of connectSync, before anything is said', () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const serverPolicy = new Policy().withCredentialValidator(() => false);
    expect(() => Endpoint.connectSync(listener.name, { serverPolicy })).toThrow(errorLike({ code: 'EACCES' }));
    expect(listener.tryAccept()).toBeNull();
    expect(listener.stats).toMatchObject({ accepted: 0, rejected: 0 });
  });
});

describe('with another process at the other end', () => {
  test('sendSync waits for a slow reader, and nothing is lost', async () => {
    const server = start('slow-reader', { argument: { name: serviceName() } });
    const endpoint = keep(Endpoint.connectSync(await server.next<string>('listening')));
    const count = 400;
    for (let number = 0; number < count; number += 1) endpoint.sendSync(stamped(number, 16_384));
    await endpoint.close();
    expect(await server.next('received')).toEqual({ count, isInOrder: true });
  });

  test('acceptSync serves clients as they come', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const client = start('leave', { argument: { role: 'client', name: listener.name, way: 'the end of the program', count: 3 } });
    for (let number = 0; number < 3; number += 1) expect(listener.acceptSync(PATIENCE_MS).message.payload.readUInt32LE()).toBe(number);
    await client.finish();
  });

  test('recvSync gets what was sent before the peer crashed, then ECONNRESET every time', async () => {
    const server = start('echo-server', { argument: { name: serviceName() } });
    const endpoint = keep(Endpoint.connectSync(await server.next<string>('listening')));
    endpoint.sendSync('a');
    expect(endpoint.recvSync(PATIENCE_MS).text()).toBe('a');
    await server.kill();
    for (let i = 0; i < 2; i += 1) expect(() => endpoint.recvSync(PATIENCE_MS)).toThrow(errorLike({ code: 'ECONNRESET' }));
    expect(() => endpoint.sendSync('b')).toThrow(errorLike({ code: 'ECONNRESET' }));
  });
});
