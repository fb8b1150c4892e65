import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, Endpoint, Listener } from 'gips';
import { tally } from '../programs/numbered.mjs';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { reservedRoom } from '../support/platform.js';
import { type Program, start } from '../support/processes.js';

/** More than goes out at once, less than a socket holds. */
const COUNT = 150;
/** Some 11 MB: more than the window and any socket hold. */
const TOO_MANY = 8000;
/** In bytes. */
const ONE_PACKET = 60_000;

const LEAVING_AT_ONCE = ['process.exit()', 'process.exit() with a code', 'process.exit() in a later turn'];
const LEAVING_IN_TIME = ['the end of the program', 'unref() and the end of the program', 'close() that nobody awaits'];

interface Leaving {
  way: string;
  count: number;
  role?: 'client' | 'blocking client' | 'client that only tries';
  /** It sends and leaves when it gets a message. */
  inSubscriber?: boolean;
}

/** Longer than a process that has nothing to do needs to end. */
const A_WHILE_MS = 200;

/** A program that connects to a listener of ours, sends and leaves. */
async function clientThat(leaves: Leaving, { inWorker = false } = {}): Promise<{ client: Program; channel: Channel }> {
  const listener = keep(await Listener.bind(serviceName()));
  const argument = { role: 'client', ...leaves, name: listener.name };
  const client = inWorker ? start('in-worker', { argument: { program: 'leave', argument } }) : start('leave', { argument });
  return { client, channel: await firstClient(listener) };
}

async function expectAll(channel: Channel, count: number): Promise<void> {
  expect(await tally(() => channel.recv())).toEqual({ count, firstOutOfOrder: null, end: 'EPIPE' });
  expect(await channel.closed).toBeUndefined();
}

describe('what was sent reaches the peer, and a goodbye after it, at', () => {
  test.each([...LEAVING_IN_TIME, ...LEAVING_AT_ONCE])('%s of a client', async (way) => {
    const { client, channel } = await clientThat({ way, count: COUNT });
    await expectAll(channel, COUNT);
    expect(await client.exited).toEqual({ code: way === 'process.exit() with a code' ? 7 : 0, signal: null });
  });

  test.each([...LEAVING_IN_TIME, ...LEAVING_AT_ONCE])('%s of a blocking client', async (way) => {
    const { channel } = await clientThat({ way, count: COUNT, role: 'blocking client' });
    await expectAll(channel, COUNT);
  });

  test.each([...LEAVING_IN_TIME, ...LEAVING_AT_ONCE])('%s of a server', async (way) => {
    const name = serviceName();
    const server = start('leave', { argument: { role: 'server', name, way, count: COUNT } });
    await server.next('listening');
    await expectAll(keep(await Endpoint.connect(name)), COUNT);
  });

  test.each([...LEAVING_IN_TIME, ...LEAVING_AT_ONCE])('%s of a worker thread', async (way) => {
    const { client, channel } = await clientThat({ way, count: COUNT }, { inWorker: true });
    await expectAll(channel, COUNT);
    expect(await client.next('worker exited')).toBe(way === 'process.exit() with a code' ? 7 : 0);
    await client.finish();
  });

  test.each(LEAVING_AT_ONCE)("%s in a subscriber of 'message'", async (way) => {
    const { channel } = await clientThat({ way, count: COUNT, inSubscriber: true });
    await channel.send('leave');
    await expectAll(channel, COUNT);
  });

  test('process.exit() before the server has even looked at the client', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const client = start('leave', { argument: { role: 'blocking client', name: listener.name, way: 'process.exit()', count: 1 } });
    await client.finish();
    await expectAll(await firstClient(listener), 1);
  });
});

describe('a process does not end before the OS has what was accepted:', () => {
  test.each(LEAVING_IN_TIME)('%s', async (way) => {
    const { client, channel } = await clientThat({ way, count: TOO_MANY });
    await client.next('leaving');
    await sleep(A_WHILE_MS);
    await expectAll(channel, TOO_MANY);
    await client.finish();
  });

  test.each(LEAVING_IN_TIME)('%s, though it never used the event loop', async (way) => {
    const { client, channel } = await clientThat({ way, count: TOO_MANY, role: 'client that only tries' });
    const accepted = await client.next<number>('leaving');
    expect(accepted).toBeGreaterThan(0);
    await sleep(A_WHILE_MS);
    await expectAll(channel, accepted);
    await client.finish();
  });
});

reservedRoom.describe('a goodbye finds room behind messages that nobody has read yet', () => {
  test.each([...LEAVING_IN_TIME, ...LEAVING_AT_ONCE])('at %s', async (way) => {
    const name = serviceName();
    const server = start('leave', { argument: { role: 'server that fills the socket', name, way, count: TOO_MANY, size: ONE_PACKET } });
    await server.next('listening');
    const endpoint = keep(Endpoint.connectSync(name));
    const accepted = await server.next<number>('leaving');
    expect(accepted).toBeLessThan(TOO_MANY);
    await server.exited;
    expect(await tally(() => endpoint.recvSync(), ONE_PACKET)).toEqual({ count: accepted, firstOutOfOrder: null, end: 'EPIPE' });
  });
});

test('process.exit() does not wait for a peer that takes nothing, which gets what the OS took and is not told that this was all', async () => {
  const { client, channel } = await clientThat({ way: 'process.exit()', count: TOO_MANY });
  await client.finish();
  const { count, firstOutOfOrder, end } = await tally(() => channel.recv());
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(TOO_MANY);
  expect({ firstOutOfOrder, end }).toEqual({ firstOutOfOrder: null, end: 'ECONNRESET' });
});
