/** Peers that break the rules of requests, on either side. */
import { Endpoint, Listener } from 'gips';

import { Kind } from '#lib/native/binding.js';

import { frame } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { hello, welcome } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';

/** A client of this library whose server is bare, and has just read a request of it. */
async function askBareServer(): Promise<{ server: BarePeer; endpoint: Endpoint; request: Promise<unknown>; correlation: bigint }> {
  const name = serviceName('bare');
  const server = await BarePeer.listen(name);
  const connecting = Endpoint.connect(name);
  await server.accept();
  await server.receive();
  await server.send(welcome());
  const endpoint = keep(await connecting);
  const request = endpoint.request('question').catch((error: unknown) => error);
  const { bytes } = await server.receive();
  expect(bytes[0]).toBe(Kind.REQUEST);
  return { server, endpoint, request, correlation: bytes.readBigUInt64LE(8) };
}

test.each([
  ['text that is no JSON', '\u0003{"name":', { name: 'Error', message: '{"name":' }],
  ['JSON that is no object', '\u0003[1]', { name: 'Error', message: '[1]' }],
  ['properties of other types', '\u0003{"name":1,"message":{},"code":[]}', { name: 'Error', message: '{"name":1,"message":{},"code":[]}' }],
  ['names of prototypes', '\u0003{"__proto__":{"polluted":true},"message":"m","constructor":1}', { name: 'Error', message: 'm' }],
  ['a class of its own', '\u00ffwho knows', { name: 'Error', message: 'who knows' }],
])('a failure with %s is a clean remote error', async (_, payload, cause) => {
  const { server, request, correlation } = await askBareServer();
  await server.send(frame(Kind.FAILURE, { correlation, payload: Buffer.from(payload, 'latin1') }));
  const error = (await request) as Error;
  expect(error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE' }));
  expect(error.cause).toMatchObject(cause);
  expect(error.cause).not.toHaveProperty('polluted');
  expect({}).not.toHaveProperty('polluted');
  await server.close();
});

test('answers to requests that are not open are dropped, and the open one gets its own', async () => {
  const { server, endpoint, request, correlation } = await askBareServer();
  for (const other of [correlation + 1n, 2n ** 53n - 1n]) {
    await server.send(frame(Kind.REPLY, { correlation: other, payload: Buffer.from('wrong') }));
    await server.send(frame(Kind.FAILURE, { correlation: other, payload: Buffer.from('\u0003{}') }));
  }
  await server.send(frame(Kind.REPLY, { correlation, payload: Buffer.from('right') }));
  await server.send(frame(Kind.REPLY, { correlation, payload: Buffer.from('again') }));
  expect(((await request) as { text(): string }).text()).toBe('right');
  expect(endpoint.tryRecv()).toBeNull();
  await server.close();
});

describe('a service', () => {
  /** A listener that answers when it is told to, and a bare client. */
  async function serveBareClient(): Promise<{ peer: BarePeer; listener: Listener; answers: (() => void)[] }> {
    const listener = keep(await Listener.bind(serviceName()));
    const answers: (() => void)[] = [];
    listener.serve(({ message }) => new Promise((resolve) => answers.push(() => resolve(message))), { concurrency: 4 });
    const peer = await BarePeer.connect(listener.name);
    await peer.send(hello(listener.name));
    await peer.receive();
    return { peer, listener, answers };
  }

  test('closes the connection of a client that has two open requests of one name', async () => {
    const { peer, listener, answers } = await serveBareClient();
    const other = keep(await Endpoint.connect(listener.name));
    const answer = other.request('x');
    await eventually(() => expect(answers).toHaveLength(1));
    const closed = new Promise((resolve) => listener.once('connection', (connection) => resolve(connection.closed)));
    const twice = await BarePeer.connect(listener.name);
    await twice.send(hello(listener.name));
    await twice.send(frame(Kind.REQUEST, { correlation: 7 }));
    await twice.send(frame(Kind.REQUEST, { correlation: 7 }));
    expect(await closed).toEqual(errorLike({ code: 'EBADMSG' }));
    answers[0]!();
    expect((await answer).text()).toBe('x');
    await twice.close();
    await peer.close();
  });

  test('does not keep what a client cancels and asks anew without end', async () => {
    const { peer, listener, answers } = await serveBareClient();
    for (let correlation = 1; correlation <= 300; correlation += 1) {
      await peer.send(Buffer.concat([frame(Kind.REQUEST, { correlation }), frame(Kind.CANCEL, { correlation })]));
    }
    await eventually(() => expect(listener.stats.messagesReceived).toBe(300));
    // Handlers that heed no signal keep their places, whoever has left.
    expect(answers.length).toBeLessThanOrEqual(4);
    for (const answer of answers.splice(0)) answer();
    const other = keep(await Endpoint.connect(listener.name));
    const answer = other.request('x');
    answer.catch(() => {});
    await eventually(() => expect(answers.length).toBeGreaterThan(0));
    answers.at(-1)!();
    expect((await answer).text()).toBe('x');
    await peer.close();
  });
});
