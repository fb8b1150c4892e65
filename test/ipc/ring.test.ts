/** Channels by a ring: it opens on both sides, and everything arrives as it does without one. */
import { type Channel, Endpoint, Listener } from 'gips';

import { exchange } from '../programs/mixed.mjs';
import { eventually } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { connectPeer } from '../support/peer.js';
import { newsOf, opened, ringMappings } from '../support/rings.js';

const KIB = 1024;
/** What precedes a ring's bytes in its half. */
const HEAD = 4096;

const ways = [
  { where: 'both ends in one thread', connect: connectHere },
  { where: 'a server in another process', connect: () => connectThere('server') },
  { where: 'a client in another process', connect: () => connectThere('client') },
];
const sizes = [4 * KIB, 64 * KIB, 1024 * KIB];

/** A channel with a ring at whose other end somebody exchanges messages when told to. */
interface Ringed {
  channel: Channel;
  exchangeThere: (count: number) => Promise<number | null>;
}

let size: number;
beforeEach(() => (size = 64 * KIB));

async function connectHere(): Promise<Ringed> {
  const { listener, endpoint, connection } = await connectPair({ ring: { size } });
  await opened(listener.name);
  return { channel: endpoint, exchangeThere: (count) => exchange(connection, count) };
}

async function connectThere(role: 'server' | 'client'): Promise<Ringed> {
  const { name, channel, peer } = await connectPeer(role, { ring: { size } });
  expect(await peer.next('ring')).toBe('open');
  await eventually(() => expect(newsOf(role === 'server' ? 'client' : 'server', name)).toEqual(['open']));
  return {
    channel,
    exchangeThere(count) {
      peer.tell('exchange', count);
      return peer.next('exchanged', 25_000);
    },
  };
}

describe.each(sizes)('by a ring of %i bytes', (bytes) => {
  beforeEach(() => (size = bytes));

  test.each(ways)('messages of all sizes and kinds arrive whole and in order, both ways at once: $where', async ({ connect }) => {
    const { channel, exchangeThere } = await connect();
    const count = 800;
    expect(await Promise.all([exchangeThere(count), exchange(channel, count)])).toEqual([null, null]);
  });
});

test('many rings at once do not get in each other’s way', async () => {
  const name = serviceName();
  const listener = keep(await Listener.bind(name));
  const endpoints = await Promise.all([4, 8, 16, 32, 256].map((kib) => Endpoint.connect(name, { ring: { size: kib * KIB } })));
  for (const endpoint of endpoints) keep(endpoint);
  const connections = listener.connections();
  const all: Channel[] = [...endpoints];
  for (const _ of endpoints) all.push((await connections.next()).value as Channel);
  expect(await Promise.all(all.map((channel) => exchange(channel, 200)))).toEqual(all.map(() => null));
  expect(newsOf('client', name)).toEqual(endpoints.map(() => 'open'));
});

test.each([
  { asked: true, client: 256 * KIB, server: 256 * KIB },
  { asked: { size: 4096 }, client: 4096, server: 4096 },
  { asked: { size: 4097 }, client: 8192, server: 8192 },
  { asked: { size: 8 * KIB * KIB }, client: 8 * KIB * KIB, server: 4 * KIB * KIB },
])('each side maps its own ring and its peer’s, for the size that was asked for: $asked', async ({ asked, client, server }) => {
  const { listener } = await connectPair({ ring: asked });
  await opened(listener.name);
  const halves = [client, client, server, server].map((capacity) => HEAD + capacity);
  expect(ringMappings().toSorted()).toEqual(halves.toSorted());
});

test('who does not ask for a ring gets none', async () => {
  const { listener, endpoint, connection } = await connectPair();
  expect(await Promise.all([exchange(endpoint, 50), exchange(connection, 50)])).toEqual([null, null]);
  expect(newsOf('client', listener.name)).toEqual([]);
  expect(newsOf('server', listener.name)).toEqual([]);
  expect(ringMappings()).toEqual([]);
});
