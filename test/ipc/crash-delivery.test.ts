import { fstatSync } from 'node:fs';

import { type Channel, Endpoint, Listener, type Message } from 'gips';

import { Kind } from '#lib/native/binding.js';

import { first, frame, more } from '../core/packets.js';
import { numbered, tally } from '../programs/numbered.mjs';
import { BarePeer } from '../support/bare-peer.js';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { hello, message } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { bareObjects } from '../support/platform.js';
import { type Program, start } from '../support/processes.js';
import { Victim } from '../support/victim.js';

interface Doomed {
  count: number;
  /** The size of a message it will not have sent when it is killed. */
  lastSize?: number;
}

/** A channel to a process that will be killed. */
async function connectDoomed(role: 'client' | 'server', { count, lastSize = 0 }: Doomed): Promise<{ channel: Channel; peer: Program }> {
  const name = serviceName('doomed');
  const listener = role === 'client' ? keep(await Listener.bind(name)) : undefined;
  const peer = start('send-until-killed', { argument: { name, role, count, lastSize } });
  if (listener !== undefined) return { channel: keep(await firstClient(listener)), peer };
  await peer.next('listening');
  return { channel: keep(await Endpoint.connect(name)), peer };
}

/** How to receive, each as one call for one message. */
const ways: Record<string, (channel: Channel) => () => Message | Promise<Message>> = {
  'recv()': (channel) => () => channel.recv(),
  'recvSync()': (channel) => () => channel.recvSync(5_000),
  'for await': (channel) => {
    const iterator = channel[Symbol.asyncIterator]();
    return async () => ((await iterator.next()) as IteratorYieldResult<Message>).value;
  },
};

describe.each(['client', 'server'] as const)('when the %s is killed', (role) => {
  describe.each(Object.keys(ways))('%s', (way) => {
    test('gives everything it had sent, then ECONNRESET, though it had not read what came', async () => {
      const { channel, peer } = await connectDoomed(role, { count: 200 });
      for (let number = 0; number < 20; number += 1) await channel.send(numbered(number));
      await peer.next('done');
      await peer.kill();
      expect(await tally(ways[way]!(channel))).toEqual({ count: 200, firstOutOfOrder: null, end: 'ECONNRESET' });
    });

    test('gives everything it had sent, then ECONNRESET, and nothing of the message it was amid', async () => {
      const { channel, peer } = await connectDoomed(role, { count: 100, lastSize: 60_000_000 });
      await peer.next('amid');
      await peer.kill();
      expect(await tally(ways[way]!(channel))).toEqual({ count: 100, firstOutOfOrder: null, end: 'ECONNRESET' });
    });
  });

  test.each(['recv()', 'for await'])('%s gives everything it had sent, then ECONNRESET, though it was amid more', async (way) => {
    const { channel, peer } = await connectDoomed(role, { count: 1e9 });
    const tallying = tally(ways[way]!(channel));
    let sent = 0;
    while (sent < 2_000) sent = await peer.next<number>('sent');
    await peer.kill();
    const { count, firstOutOfOrder, end } = await within(tallying, 'the end');
    expect({ firstOutOfOrder, end }).toEqual({ firstOutOfOrder: null, end: 'ECONNRESET' });
    expect(count).toBeGreaterThanOrEqual(sent);
  });

  test("'message' gives everything it had sent, then 'error' and 'close'", async () => {
    const { channel, peer } = await connectDoomed(role, { count: 200 });
    const events: unknown[] = [];
    channel.on('message', ({ payload }) => events.push(payload.equals(numbered(events.length))));
    channel.on('error', (error) => events.push(error));
    const closed = new Promise((resolve) => channel.on('close', resolve));
    await peer.next('done');
    await peer.kill();
    const reset = errorLike({ code: 'ECONNRESET' });
    expect(await within(closed, "'close'")).toEqual(reset);
    expect(events).toEqual([...Array.from({ length: 200 }, () => true), reset]);
  });

  test('a blocked recvSync() hears of it', async () => {
    const { channel, peer } = await connectDoomed(role, { count: 0 });
    await peer.next('done');
    peer.signal('SIGKILL');
    expect(() => channel.recvSync(5_000)).toThrow(errorLike({ code: 'ECONNRESET' }));
  });
});

test('a server that is killed amid the greeting is an ECONNRESET for its clients', async () => {
  const name = serviceName('doomed');
  const server = start('bind-and-block', { argument: { name } });
  await server.next('listening');
  const connecting = Promise.allSettled([Endpoint.connect(name), Endpoint.connect(name)]);
  const blocking = keep(Endpoint.connectSync(name));
  blocking.sendSync('hello', { timeout: 5_000 });
  await server.kill();
  const reason = errorLike({ code: 'ECONNRESET', address: name });
  expect(await connecting).toEqual([
    { status: 'rejected', reason },
    { status: 'rejected', reason },
  ]);
  expect(() => blocking.recvSync(5_000)).toThrow(errorLike({ code: 'ECONNRESET' }));
  await expect(Endpoint.connect(name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED' }));
});

describe('a server and its other clients do not notice a client that is killed', () => {
  let victim: Victim;
  beforeAll(async () => (victim = await Victim.start()));
  afterAll(() => victim.leave());

  test('before it has said anything', async () => {
    const peer = await BarePeer.connect(victim.name);
    await peer.kill();
    await victim.expectUnharmed();
  });

  test('before it has read the answer to its HELLO', async () => {
    const peer = await BarePeer.connect(victim.name);
    await peer.send(Buffer.concat([hello(victim.name), message('too early')]));
    await peer.kill();
    expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectUnharmed();
  });

  test.each([
    ...bareObjects.rows(['with descriptors', first({ total: 1_000_000, objects: 253 })] as const),
    ['without descriptors', first({ total: 1_000_000 })] as const,
  ])('amid fragments %s', async (_, { bytes, objects }) => {
    const peer = await victim.admit();
    await peer.send(message('before'));
    await peer.send(bytes, objects);
    await peer.send(more(60_000).bytes);
    await peer.kill();
    expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectUnharmed();
  });

  bareObjects.test('with a request of its own unanswered', async () => {
    const peer = await victim.admit();
    await peer.send(frame(Kind.REQUEST, { correlation: 1, objects: 20 }), 20);
    await peer.kill();
    expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectUnharmed();
  });

  test('together with many others', async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => victim.admit()));
    await Promise.all(peers.map((peer) => peer.send(message('hello'))));
    await Promise.all(peers.map((peer) => peer.kill()));
    for (const peer of peers) expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectUnharmed();
    await victim.expectIdle();
  });
});

test('what a killed client had sent still comes as pods, and answering it does no harm', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const peer = await BarePeer.connect(listener.name);
  await peer.send(hello(listener.name));
  await peer.receive();
  for (const text of ['one', 'two', 'three']) await peer.send(message(text));
  await peer.kill();
  for (const text of ['one', 'two', 'three']) {
    const pod = await listener.accept();
    expect(pod.message.text()).toBe(text);
    await pod.reply('answer');
    expect(await pod.connection.closed).toMatchObject({ code: 'ECONNRESET' });
  }
});

bareObjects.test('the objects that a killed client had sent can be used', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const peer = await BarePeer.connect(listener.name);
  await peer.send(hello(listener.name));
  await peer.send(frame(Kind.MESSAGE, { objects: 5 }), 5);
  await peer.kill();
  const { message: received } = await listener.accept();
  expect(received.objects).toHaveLength(5);
  for (const object of received.objects) {
    expect(fstatSync(object.fd).isCharacterDevice()).toBe(true);
    object.close();
  }
});
