/** Blocking calls on channels that have a ring: the event loop, which watches them otherwise, does not run meanwhile. */
import { Endpoint } from 'gips';

import { exchange, mixed } from '../programs/mixed.mjs';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { connectPeer, upTo } from '../support/peer.js';
import { type Program, start } from '../support/processes.js';
import { newsOf, opened } from '../support/rings.js';

const KIB = 1024;
const sizes = [4 * KIB, 64 * KIB];
const TIMEOUT = 5_000;

async function startServer(): Promise<{ name: string; server: Program }> {
  const name = serviceName();
  const server = start('ring-blocking-server', { argument: { name } });
  await server.next('listening');
  return { name, server };
}

async function connectRing(name: string, server: Program, size: number): Promise<Endpoint> {
  const before = newsOf('client', name).length;
  const endpoint = keep(await Endpoint.connect(name, { ring: { size } }));
  expect(await server.next('ring')).toBe('open');
  await eventually(() => expect(newsOf('client', name).slice(before)).toEqual(['open']));
  return endpoint;
}

describe.each(sizes)('by a ring of %i bytes', (size) => {
  test('sendSync() and recvSync() hold a conversation', async () => {
    const { name, server } = await startServer();
    const endpoint = await connectRing(name, server, size);
    for (let number = 0; number < 300; number += 1) {
      const payload = stamped(number, 8 + ((number * 977) % 100_000));
      endpoint.sendSync(payload, { timeout: TIMEOUT });
      expect(endpoint.recvSync(TIMEOUT).payload.equals(payload)).toBe(true);
    }
  });

  test('tryRecv() takes what has come', async () => {
    const { name, server } = await startServer();
    const endpoint = await connectRing(name, server, size);
    expect(endpoint.tryRecv()).toBeNull();
    for (let number = 0; number < 20; number += 1) {
      endpoint.sendSync(stamped(number, 5000), { timeout: TIMEOUT });
      let message = endpoint.tryRecv();
      for (const end = performance.now() + TIMEOUT; message === null && performance.now() < end;) message = endpoint.tryRecv();
      expect(stampOf(message!.payload)).toBe(number);
    }
  });

  test('sendSync() sends what a ring does not hold, and recvSync() receives it', async () => {
    const { name, server } = await startServer();
    const endpoint = await connectRing(name, server, size);
    for (const bytes of [3 * KIB * KIB, 1, 5 * KIB * KIB]) {
      const payload = stamped(bytes, bytes + 8);
      endpoint.sendSync(payload, { timeout: TIMEOUT });
      expect(endpoint.recvSync(TIMEOUT).payload.equals(payload)).toBe(true);
    }
  });

  test('recvSync() takes, in order, what a peer sends as fast as it can', async () => {
    const { channel, peer } = await connectPeer('client', { ring: { size } });
    expect(await peer.next('ring')).toBe('open');
    peer.tell('send', { count: 5000, size: 500 });
    expect(upTo(5000).map(() => stampOf(channel.recvSync(TIMEOUT).payload))).toEqual(upTo(5000));
    await peer.next('sent');
  });

  test('sendSync() sends as fast as a peer takes it', async () => {
    const { channel, peer } = await connectPeer('client', { ring: { size } });
    expect(await peer.next('ring')).toBe('open');
    peer.tell('take', { count: 5000 });
    for (let number = 0; number < 5000; number += 1) channel.sendSync(stamped(number, 500), { timeout: TIMEOUT });
    expect(await peer.next('taken')).toEqual({ numbers: upTo(5000), end: null });
  });

  test('a server by acceptSync() answers clients that have a ring already, and those that come', async () => {
    const { name, server } = await startServer();
    const first = await connectRing(name, server, size);
    expect(await exchange(first, 100)).toBeNull();
    await first.send('block');
    expect((await first.recv()).text()).toBe('block');
    expect(await exchange(first, 300)).toBeNull();
    const others = [await connectRing(name, server, size), await connectRing(name, server, size)];
    expect(await Promise.all([first, ...others].map((endpoint) => exchange(endpoint, 200)))).toEqual([null, null, null]);
    await others[0]!.send('go on');
    expect((await others[0]!.recv()).text()).toBe('go on');
    expect(await Promise.all([first, ...others].map((endpoint) => exchange(endpoint, 200)))).toEqual([null, null, null]);
  });

  test('a server in acceptSync() notices at once who leaves, and who is killed', async () => {
    const { name, server } = await startServer();
    const endpoint = await connectRing(name, server, size);
    const { peer } = await connectPeerTo(name, size);
    expect(await server.next('ring')).toBe('open');
    await endpoint.send('block');
    await endpoint.recv();
    await peer.kill();
    await endpoint.send('more');
    expect((await endpoint.recv()).text()).toBe('more');
    await endpoint.send('go on');
    await endpoint.recv();
    expect(await server.next('end')).toBe('ECONNRESET');
    await endpoint.close();
    expect(await server.next('end')).toBe('goodbye');
  });
});

/** A client in another process. */
async function connectPeerTo(name: string, size: number): Promise<{ peer: Program }> {
  const peer = start('flow-peer', { argument: { name, role: 'client', options: { ring: { size } } } });
  expect(await peer.next('ring')).toBe('open');
  return { peer };
}

test('both ends in one blocked thread reach each other', async () => {
  const { listener, endpoint, connection } = await connectPair({ ring: true });
  await opened(listener.name);
  for (let number = 0; number < 100; number += 1) {
    const { payload } = mixed(1 + number * 5);
    if (payload.length > 100_000) continue;
    endpoint.sendSync(payload, { timeout: TIMEOUT });
    expect(connection.recvSync(TIMEOUT).payload.equals(Buffer.from(payload))).toBe(true);
    connection.sendSync(payload, { timeout: TIMEOUT });
    expect(endpoint.recvSync(TIMEOUT).payload.equals(Buffer.from(payload))).toBe(true);
  }
});

test('recvSync() waits for its timeout where nothing comes, and hears of the end of a peer', async () => {
  const { channel, peer } = await connectPeer('client', { ring: true });
  expect(await peer.next('ring')).toBe('open');
  expect(() => channel.recvSync(20)).toThrow(errorLike({ code: 'ETIMEDOUT' }));
  peer.signal('SIGKILL');
  expect(() => channel.recvSync(TIMEOUT)).toThrow(errorLike({ code: 'ECONNRESET' }));
});
