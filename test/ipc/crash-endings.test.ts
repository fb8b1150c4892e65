import { type Channel, Endpoint, IpcObject, type Message } from 'gips';

import { Kind } from '#lib/native/binding.js';

import { frame } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { hello, message, welcome } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { connectPeer } from '../support/peer.js';
import { halfClosed } from '../support/platform.js';

const GOODBYE = frame(Kind.GOODBYE);
/** More than a socket and a window take. */
const MANY_BYTES = Buffer.alloc(1_000_000);
const FEW_BYTES = Buffer.alloc(50_000);

async function connectToBare(): Promise<{ server: BarePeer; name: string; endpoint: Endpoint }> {
  const name = serviceName('bare');
  const server = await BarePeer.listen(name);
  const connecting = Endpoint.connect(name);
  await server.accept();
  await server.receive();
  await server.send(welcome());
  return { server, name, endpoint: keep(await connecting) };
}

/** How a peer can end, and what the other side is told of it. */
const endings = [
  {
    how: 'says goodbye',
    code: 'EPIPE',
    outcome: undefined,
    end: async (server: BarePeer) => {
      await server.send(GOODBYE);
      await server.close();
    },
  },
  { how: 'says goodbye and stays connected', code: 'EPIPE', outcome: undefined, end: (server: BarePeer) => server.send(GOODBYE) },
  {
    how: 'closes without a goodbye',
    code: 'ECONNRESET',
    outcome: errorLike({ code: 'ECONNRESET' }),
    end: (server: BarePeer) => server.close(),
  },
  ...halfClosed.rows({
    how: 'sends no more without a goodbye',
    code: 'ECONNRESET',
    outcome: errorLike({ code: 'ECONNRESET' }),
    end: (server: BarePeer) => server.shutdown(),
  }),
  { how: 'is killed', code: 'ECONNRESET', outcome: errorLike({ code: 'ECONNRESET' }), end: (server: BarePeer) => server.kill() },
  {
    how: 'breaks the protocol',
    code: 'EBADMSG',
    outcome: errorLike({ code: 'EBADMSG' }),
    end: (server: BarePeer) => server.send(Buffer.from('garbage')),
  },
];

/** Everything that fails when the other side is gone. */
const uses: Record<string, (channel: Channel) => unknown> = {
  recv: (channel) => channel.recv(),
  recvSync: (channel) => channel.recvSync(),
  tryRecv: (channel) => channel.tryRecv(),
  send: (channel) => channel.send('x'),
  sendSync: (channel) => channel.sendSync('x'),
  trySend: (channel) => channel.trySend('x'),
  flush: (channel) => channel.flush(),
};

/** A call that throws and one that rejects are the same here. */
function use(call: string, channel: Channel): Promise<unknown> {
  return new Promise((resolve) => resolve(uses[call]!(channel)));
}

/** Sends until more has to wait: more than a peer takes whose user takes nothing. Few bytes at a time, since a message may exceed the window. */
function fill(channel: Channel): void {
  while (channel.trySend(FEW_BYTES));
}

describe.each(endings)('when the peer $how', ({ code, outcome, end }) => {
  test(`the last messages come first, and then every call fails, every time, with ${code}`, async () => {
    const { server, name, endpoint } = await connectToBare();
    for (const text of ['one', 'two', 'three']) await server.send(message(text));
    await end(server);
    await within(endpoint.closed, 'closed');
    expect(endpoint.recvSync().text()).toBe('one');
    expect(endpoint.tryRecv()!.text()).toBe('two');
    expect((await endpoint.recv()).text()).toBe('three');
    for (let time = 0; time < 2; time += 1) {
      for (const call of Object.keys(uses)) await expect(use(call, endpoint)).rejects.toThrow(errorLike({ code, address: name }));
    }
  });

  test(`every pending call fails with ${code}`, async () => {
    const { server, endpoint } = await connectToBare();
    fill(endpoint);
    const receiving = [endpoint.recv(), endpoint.recv(), endpoint.recv({ timeout: 20_000 })];
    const sending = [endpoint.send(MANY_BYTES), endpoint.send(''), endpoint.send('', { timeout: 20_000 })];
    const settled = Promise.allSettled([...receiving, ...sending, endpoint.flush()]);
    await end(server);
    const results = await within(settled, 'the end of all calls');
    expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: errorLike({ code }) })));
  });

  test('closed tells how', async () => {
    const { server, endpoint } = await connectToBare();
    await end(server);
    expect(await within(endpoint.closed, 'closed')).toEqual(outcome);
    expect(await endpoint.closed).toEqual(outcome);
  });

  test("'close' tells how, once, and 'error' comes only if it was not in order", async () => {
    const { server, endpoint } = await connectToBare();
    const events: unknown[] = [];
    endpoint.on('message', () => events.push('message'));
    endpoint.on('error', (error) => events.push(error));
    const closed = new Promise<void>((resolve) => {
      endpoint.on('close', (error) => resolve(void events.push(['close', error])));
    });
    await server.send(message());
    await end(server);
    await within(closed, "'close'");
    await endpoint.close();
    expect(events).toEqual(outcome === undefined ? ['message', ['close', undefined]] : ['message', outcome, ['close', outcome]]);
  });

  test('close() does not fail, and afterwards the channel is closed', async () => {
    const { server, endpoint } = await connectToBare();
    await end(server);
    await within(endpoint.closed, 'closed');
    await endpoint.close();
    for (const call of Object.keys(uses)) await expect(use(call, endpoint)).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });

  test(`an iterator ${outcome === undefined ? 'ends' : `throws ${code}`} after the last message`, async () => {
    const { server, endpoint } = await connectToBare();
    for (const text of ['one', 'two']) await server.send(message(text));
    await end(server);
    const texts: string[] = [];
    const loop = (async () => {
      for await (const received of endpoint) texts.push(received.text());
    })();
    if (outcome === undefined) await within(loop, 'the end of the loop');
    else await expect(within(loop, 'the end of the loop')).rejects.toThrow(outcome);
    expect(texts).toEqual(['one', 'two']);
  });

  test('an iterator that waits hears of it', async () => {
    const { server, endpoint } = await connectToBare();
    const iterator = endpoint[Symbol.asyncIterator]();
    const step = iterator.next().catch((error: unknown) => error);
    await end(server);
    expect(await within(step, 'the end')).toEqual(outcome ?? { done: true, value: undefined });
  });

  test('a server drops the client, and goes on', async () => {
    const { listener, connection, endpoint } = await connectPair();
    const peer = await BarePeer.connect(listener.name);
    await peer.send(hello(listener.name));
    const second = (await listener.connections().next()).value as Channel;
    await end(peer);
    expect(await within(second.closed, 'closed')).toEqual(outcome);
    await endpoint.send('hello');
    expect((await connection.recv()).text()).toBe('hello');
  });
});

test.each(['client', 'server'] as const)('a %s that is killed while it is sent to is an error for all who wait for that', async (role) => {
  const { channel, peer } = await connectPeer(role);
  const object = keep(IpcObject.from({ fd: 1 }));
  peer.signal('SIGSTOP');
  fill(channel);
  const sending = [channel.send(MANY_BYTES, { objects: [object] }), channel.send('', { objects: [object] })];
  const settled = Promise.allSettled([...sending, channel.flush(), channel.recv()]);
  await peer.kill();
  const results = await within(settled, 'the end of all calls');
  expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: errorLike({ code: 'ECONNRESET' }) })));
  expect(await channel.closed).toMatchObject({ code: 'ECONNRESET' });
});

test('what was accepted and not taken when the peer said goodbye is reported as lost', async () => {
  const { channel, peer } = await connectPeer('server');
  fill(channel);
  peer.tell('close');
  expect(await within(channel.closed, 'closed')).toMatchObject({ code: 'ECONNRESET' });
  await expect(channel.send('more')).rejects.toThrow(errorLike({ code: 'EPIPE' }));
});

test('an orderly end by a real peer is no error', async () => {
  const { channel, peer } = await connectPeer('client');
  peer.tell('send', { count: 100, size: 1000 });
  await peer.next('sent');
  peer.tell('close');
  const received: Message[] = [];
  for await (const each of channel) received.push(each);
  expect(received).toHaveLength(100);
  expect(await channel.closed).toBeUndefined();
});
