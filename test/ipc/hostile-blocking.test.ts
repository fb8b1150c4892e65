import { Kind } from '#lib/native/binding.js';

import { first, frame, MAX_OBJECTS } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { hello, message } from '../support/greetings.js';
import { bareObjects } from '../support/platform.js';
import { Victim } from '../support/victim.js';

let victim: Victim;
beforeAll(async () => (victim = await Victim.start({ takes: 'blocking', options: { wire: 'gips', greetingTimeout: 300 } })));
afterAll(() => victim.leave());

describe('a server without an event loop gets rid of a client, and of nobody else, that', () => {
  test.each<[string, Buffer, number]>([
    ['begins with garbage', Buffer.from('garbage'), 0],
    ['begins with zero bytes', Buffer.alloc(0), 0],
    ...bareObjects.rows<[string, Buffer, number]>(['begins with descriptors', Buffer.from('garbage'), MAX_OBJECTS]),
  ])('%s', async (_, bytes, descriptors) => {
    const peer = await BarePeer.connect(victim.name);
    await peer.send(bytes, descriptors);
    expect(await victim.rejectionOf(peer)).toBe('EBADMSG');
    await peer.receiveEnd();
    await victim.expectUnharmed();
  });

  test('says nothing', async () => {
    const peer = await BarePeer.connect(victim.name);
    expect(await victim.rejectionOf(peer)).toBe('ETIMEDOUT');
    await peer.receiveEnd();
    await victim.expectUnharmed();
  });

  test.each<[string, Buffer, number]>([
    ['sends garbage', Buffer.from('garbage'), 0],
    ['sends zero bytes', Buffer.alloc(0), 0],
    ['greets again', hello('x'), 0],
    ['sends an unknown kind', frame(99), 0],
    ...bareObjects.rows<[string, Buffer, number]>(['sends descriptors that it does not speak of', message(), MAX_OBJECTS]),
    ['sends fragments of 4 GiB', Buffer.from(first({ total: 2 ** 32 - 1 }).bytes), 0],
  ])('%s', async (_, bytes, descriptors) => {
    const peer = await victim.admit();
    await peer.send(message('first'));
    await peer.send(bytes, descriptors);
    await peer.receiveEnd();
    await victim.expectUnharmed();
  });

  bareObjects.test('is killed amid fragments, with descriptors', async () => {
    const peer = await victim.admit();
    await peer.send(first({ total: 1_000_000, objects: 100 }).bytes, 100);
    await peer.kill();
    await victim.expectUnharmed();
  });
});

test('a flood of PINGs whose answers nobody reads does not keep the others from being served', async () => {
  const peer = await victim.admit();
  const flood = peer.sendMany(Buffer.concat(Array.from({ length: 4_096 }, () => frame(Kind.PING))), 50);
  for (let round = 0; round < 20; round += 1) await victim.expectEcho();
  await flood;
  victim.expectMemoryBelow(16);
  await peer.close();
  await victim.expectUnharmed();
});

test('a hundred clients at once who say nothing are gone when their time is over', async () => {
  const crowd = new BarePeer();
  await crowd.connectMany(victim.name, 100);
  for (let round = 0; round < 20; round += 1) await victim.expectEcho();
  for (let count = 0; count < 100; count += 1) expect(await victim.rejectionOf(crowd)).toBe('ETIMEDOUT');
  await victim.expectUnharmed();
});

test('after all that the server does nothing, and is hardly larger', async () => {
  await victim.expectIdle();
  victim.expectMemoryBelow(32);
});
