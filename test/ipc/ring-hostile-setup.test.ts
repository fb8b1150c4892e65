/** Clients that offer what is no ring, or speak of rings out of turn. */
import { Feature, Kind } from '#lib/native/binding.js';

import { frame, ring, RingStep } from '../core/packets.js';
import { eventually } from '../support/deadline.js';
import { message } from '../support/greetings.js';
import { CAPACITY, type RingBell, type RingMemory, RingPeer } from '../support/ring-peer.js';
import { ringMappings } from '../support/rings.js';
import { Victim } from '../support/victim.js';

const { OFFER, ACCEPT, REFUSE, BEGIN } = RingStep;

let victim: Victim;
beforeAll(async () => (victim = await Victim.start()));
afterAll(() => victim.leave());

async function expectNothingLeft(): Promise<void> {
  await victim.expectUnharmed();
  await eventually(() => expect(ringMappings(victim.server.pid)).toEqual([]));
}

async function expectCutOff(peer: RingPeer): Promise<void> {
  expect(await victim.endOf(peer)).toBe('EBADMSG');
  await peer.receiveEnd();
  await expectNothingLeft();
}

/** Waits until the server has taken the offer of a client and made its own. */
async function offered(): Promise<RingPeer> {
  const peer = await RingPeer.welcomed(victim.name);
  await peer.make();
  await peer.offer(ring(OFFER, CAPACITY));
  await peer.takeOffer();
  expect((await peer.receive()).bytes).toEqual(ring(ACCEPT));
  return peer;
}

async function expectEchoBySocket(peer: RingPeer): Promise<void> {
  await peer.send(message('by the socket'));
  expect((await peer.receive()).bytes.toString('latin1')).toMatch(/by the socket$/);
}

test('a client that keeps to the rules has a ring, and its messages come back by the other one', async () => {
  const peer = await RingPeer.withRing(victim.name);
  for (let number = 0; number < 2000; number += 1) await peer.expectEcho(`message ${number} ${'x'.repeat(number % 200)}`);
  expect(ringMappings(victim.server.pid)).toEqual([4096 + CAPACITY, 4096 + CAPACITY]);
  await peer.close();
  expect(await victim.endOf(peer)).toBe('ECONNRESET');
  await expectNothingLeft();
});

describe('a client is cut off that offers', () => {
  test.each<[string, RingMemory]>([
    ['memory that it could take away', 'unsealed'],
    ['memory that it could punch holes into', 'writable'],
    ['less memory than it says', 'short'],
    ['more memory than it says', 'long'],
    ['memory with a hole', 'hole'],
    ['memory with a hole, and as much behind its end', 'behind'],
    ['/dev/zero', 'zero'],
    ['a file of a disk', 'file'],
    ['a directory', 'directory'],
    ['a socket', 'socket'],
  ])('%s', async (_, memory) => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.make(CAPACITY, memory);
    await peer.offer(ring(OFFER, CAPACITY));
    await expectCutOff(peer);
  });

  test.each<[string, RingBell]>([
    ['a file', 'file'],
    ['a socket', 'socket'],
    ['/dev/zero', 'zero'],
    ['memory', 'memory'],
  ])('%s for a bell', async (_, bell) => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.make(CAPACITY, 'good', bell);
    await peer.offer(ring(OFFER, CAPACITY));
    await expectCutOff(peer);
  });

  test.each([0, 1, 8, 2048, 4095, 4097, 65_535, 98_304])('a ring of %i bytes, and has so much memory', async (capacity) => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.make(capacity);
    await peer.offer(ring(OFFER, capacity));
    await expectCutOff(peer);
  });

  test.each([2 ** 31, 2n ** 32n + 4096n, 2n ** 63n, 2n ** 64n - 1n])('a ring of %d bytes', async (capacity) => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.make();
    await peer.offer(ring(OFFER, capacity));
    await expectCutOff(peer);
  });

  test.each([4096, 2 * CAPACITY, 2 ** 30])('another size than its memory has: %d', async (capacity) => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.make();
    await peer.offer(ring(OFFER, capacity));
    await expectCutOff(peer);
  });

  test.each([0, 1, 3])('%i objects', async (objects) => {
    for (const said of [objects, 2]) {
      const peer = await RingPeer.welcomed(victim.name);
      await peer.make();
      await peer.offer(ring(OFFER, CAPACITY, { objects: said }), objects);
      await expectCutOff(peer);
    }
  });

  test.each([
    ['no size', frame(Kind.RING, { correlation: OFFER, objects: 2 })],
    ['half a size', frame(Kind.RING, { correlation: OFFER, objects: 2, payload: Buffer.alloc(4) })],
    ['two sizes', frame(Kind.RING, { correlation: OFFER, objects: 2, payload: Buffer.alloc(16, 1) })],
    ['a size and a flag', ring(OFFER, CAPACITY, { flags: 1 })],
    ['it in a step there is not', ring(5, CAPACITY)],
    ['it as an acceptance', ring(ACCEPT, CAPACITY)],
    ['it together with a message', Buffer.concat([ring(OFFER, CAPACITY), message('company')])],
  ])('%s', async (_, packet) => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.make();
    await peer.offer(packet);
    await expectCutOff(peer);
  });

  test('a ring, and has not said that it knows of them', async () => {
    const peer = await RingPeer.welcomed(victim.name, { features: Feature.POOL });
    await peer.make();
    await peer.offer(ring(OFFER, CAPACITY));
    await expectCutOff(peer);
  });

  test('two rings', async () => {
    const peer = await offered();
    await peer.offer(ring(OFFER, CAPACITY));
    await expectCutOff(peer);
  });

  test('two rings at once', async () => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.make();
    await peer.offer(ring(OFFER, CAPACITY));
    await peer.offer(ring(OFFER, CAPACITY));
    await expectCutOff(peer);
  });
});

describe('a client is cut off that says', () => {
  test.each([
    ['that it accepts', ring(ACCEPT)],
    ['that it refuses', ring(REFUSE)],
    ['that it begins', ring(BEGIN)],
    ['a step there is not', ring(5)],
    ['no step', ring(0)],
    ['with descriptors that it accepts', ring(ACCEPT, undefined, { objects: 2 })],
  ])('%s, and nothing has been offered', async (_, packet) => {
    const peer = await RingPeer.welcomed(victim.name);
    await peer.send(packet, packet.readUInt16LE(2));
    await expectCutOff(peer);
  });

  test.each([
    ['twice that it accepts', [ACCEPT, ACCEPT]],
    ['that it accepts, and refuses', [ACCEPT, REFUSE]],
    ['twice that it begins', [ACCEPT, BEGIN, BEGIN]],
    ['that it refuses, and begins', [REFUSE, BEGIN]],
    ['that it begins, and refuses', [BEGIN, REFUSE]],
  ])('%s', async (_, steps) => {
    const peer = await offered();
    // What it says after it has begun to write into its ring, it has to say there.
    for (const [index, step] of steps.entries()) {
      await (steps.slice(0, index).includes(BEGIN) ? peer.put(ring(step)) : peer.send(ring(step)));
    }
    await expectCutOff(peer);
  });

  test('that it begins, and does not know of rings', async () => {
    const peer = await RingPeer.welcomed(victim.name, { features: 0 });
    await peer.send(ring(BEGIN));
    await expectCutOff(peer);
  });

  test('in its ring that it offers another', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.put(ring(OFFER, CAPACITY));
    await expectCutOff(peer);
  });
});

describe('a client is served by the socket that', () => {
  test('refuses, even again and again', async () => {
    const peer = await offered();
    for (let time = 0; time < 3; time += 1) await peer.send(ring(REFUSE));
    await expectEchoBySocket(peer);
    expect(ringMappings(victim.server.pid)).toEqual([]);
    await peer.close();
    await expectNothingLeft();
  });

  test('accepts after it has refused', async () => {
    const peer = await offered();
    await peer.send(ring(REFUSE));
    await peer.send(ring(ACCEPT));
    await expectEchoBySocket(peer);
    await peer.close();
    await expectNothingLeft();
  });

  test('never answers an offer', async () => {
    const peer = await offered();
    await expectEchoBySocket(peer);
    await peer.close();
    await expectNothingLeft();
  });
});

test('after all that the server does nothing, and is hardly larger', async () => {
  await victim.expectIdle();
  victim.expectMemoryBelow(32);
});
