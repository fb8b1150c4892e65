/** Looking for a while before going to sleep: nothing gets lost by it, and it stops where it is of no use. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, Endpoint, Listener } from 'gips';

import { exchange } from '../programs/mixed.mjs';
import { eventually } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { connectPeer, firstClient } from '../support/peer.js';
import { pinToOneCore, start } from '../support/processes.js';
import { newsOf, RING_NEWS } from '../support/rings.js';

/** Judged after so many. */
const LOOKS = 64;

describe.each([1, 100, 10_000])('with a spin of %i µs', (spin) => {
  test.each(['server', 'client'] as const)(
    'messages arrive in order, both ways at once, whether they come one by one or together: to a %s',
    async (role) => {
      const options = { ring: { size: 16_384 }, spin };
      const { channel, peer } = await connectPeer(role, options);
      expect(await peer.next('ring')).toBe('open');
      const count = 300;
      peer.tell('exchange', count);
      expect(await exchange(channel, count)).toBeNull();
      expect(await peer.next('exchanged')).toBeNull();
    },
  );

  test('both ends in one thread do not wait for each other', async () => {
    const { listener, endpoint, connection } = await connectPair({ ring: true, spin }, { spin });
    await eventually(() => expect([newsOf('client', listener.name)[0], newsOf('server', listener.name)[0]]).toEqual(['open', 'open']));
    expect(await Promise.all([exchange(endpoint, 200), exchange(connection, 200)])).toEqual([null, null]);
  });
});

/** Messages and answers with pauses in which nobody finds anything. */
async function talkRarely(channel: Channel, isEnough: () => boolean): Promise<void> {
  for (let number = 0; number < 20 * LOOKS && !isEnough(); number += 1) {
    await channel.send(`${number}`);
    expect((await channel.recv()).text()).toBe(`${number}`);
    await sleep(1);
  }
}

test('a client stops to look where most looking is in vain, and goes on without', async () => {
  const name = serviceName();
  const server = start('echo-server', { argument: { name } });
  await server.next('listening');
  const endpoint = keep(await Endpoint.connect(name, { ring: true, spin: 1 }));
  await talkRarely(endpoint, () => newsOf('client', name).length > 1);
  await talkRarely(endpoint, () => false);
  expect(newsOf('client', name)).toEqual(['open', 'in vain']);
});

test('a server stops to look where most looking is in vain, and goes on without', async () => {
  const listener = keep(await Listener.bind(serviceName(), { spin: 1 }));
  const client = start('many-clients', { argument: { name: listener.name, count: 1, options: { ring: true } } });
  client.tell('connect');
  const connection = keep(await firstClient(listener));
  await client.next('done');
  for (let round = 0; round < 20 * LOOKS && newsOf('server', listener.name).length < 2; round += 1) {
    client.tell('echo', round);
    await connection.send((await connection.recv()).payload);
    await client.next('done');
  }
  expect(newsOf('server', listener.name)).toEqual(['open', 'in vain']);
});

test('a client that may use one core only does not look at all, and has a ring all the same', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const argument = { name: listener.name, count: 1, options: { ring: true, spin: 1000 } };
  const client = start('many-clients', { argument, nodeOptions: RING_NEWS });
  pinToOneCore(client.pid);
  client.tell('connect');
  await client.next('done');
  expect(await client.next('ring')).toBe('open');
  expect(await client.next('spin')).toBe('one core');
  await eventually(() => expect(newsOf('server', listener.name)).toEqual(['open']));
});
