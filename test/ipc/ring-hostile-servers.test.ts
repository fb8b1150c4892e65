/** Servers that take the rings of their clients for a way to harm them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Endpoint } from 'gips';

import { ring, RingStep } from '../core/packets.js';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { message, welcome } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { descriptorCount } from '../support/processes.js';
import { CAPACITY, RecordKind, type RingBell, type RingMemory, RingPeer, Word } from '../support/ring-peer.js';
import { newsOf, ringMappings } from '../support/rings.js';

const { OFFER, ACCEPT, REFUSE, BEGIN } = RingStep;
const { PACKET, ELSEWHERE } = RecordKind;

interface Meeting {
  server: RingPeer;
  name: string;
  endpoint: Endpoint;
}

let descriptors: number;
beforeEach(() => (descriptors = descriptorCount(process.pid)));

/** A client whose offer the server has. */
async function meet(size = CAPACITY): Promise<Meeting> {
  const name = serviceName('hostile');
  const server = await RingPeer.listen(name);
  const connecting = Endpoint.connect(name, { ring: { size } });
  await server.welcome();
  return { server, name, endpoint: keep(await connecting) };
}

/** A client that has a ring with the server. */
async function meetWithRing(): Promise<Meeting> {
  const meeting = await meet();
  await meeting.server.open();
  await eventually(() => expect(newsOf('client', meeting.name)).toEqual(['open']));
  return meeting;
}

async function expectViolation({ endpoint, server, name }: Meeting): Promise<void> {
  expect(await within(endpoint.closed, 'the end')).toMatchObject({ code: 'EBADMSG', address: name });
  await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
  await expect(endpoint.send('more')).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
  await server.kill();
  await eventually(() => expect(ringMappings()).toEqual([]));
  await eventually(() => expect(descriptorCount(process.pid)).toBeLessThanOrEqual(descriptors));
}

test('a server that keeps to the rules gets messages by the client’s ring, and answers by its own', async () => {
  const { server, endpoint, name } = await meetWithRing();
  for (let number = 0; number < 500; number += 1) {
    const text = `message ${number} ${'x'.repeat(number)}`;
    await endpoint.send(text);
    expect(await server.nextMessage()).toBe(text);
    await server.put(message(text));
    expect((await endpoint.recv()).text()).toBe(text);
  }
  expect(newsOf('client', name)).toEqual(['open']);
  await server.close();
  await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
});

describe('a client leaves a server that offers', () => {
  test.each<[RingMemory, RingBell]>([
    ['unsealed', 'pipe'],
    ['writable', 'pipe'],
    ['short', 'pipe'],
    ['long', 'pipe'],
    ['hole', 'pipe'],
    ['behind', 'pipe'],
    ['zero', 'pipe'],
    ['file', 'pipe'],
    ['socket', 'pipe'],
    ['good', 'file'],
    ['good', 'socket'],
    ['good', 'zero'],
  ])('memory that is %s, and a bell that is a %s', async (memory, bell) => {
    const meeting = await meet();
    await meeting.server.make(CAPACITY, memory, bell);
    await meeting.server.offer(ring(OFFER, CAPACITY));
    await expectViolation(meeting);
  });

  test.each([0, 4095, 65_537, 2 * CAPACITY, 2 ** 31])('a ring of %d bytes', async (capacity) => {
    const meeting = await meet();
    await meeting.server.make();
    await meeting.server.offer(ring(OFFER, capacity));
    await expectViolation(meeting);
  });

  test('two rings', async () => {
    const meeting = await meet();
    await meeting.server.make();
    await meeting.server.offer(ring(OFFER, CAPACITY));
    await meeting.server.offer(ring(OFFER, CAPACITY));
    await expectViolation(meeting);
  });

  test('a ring when it was asked for none', async () => {
    const name = serviceName('hostile');
    const server = await RingPeer.listen(name);
    const connecting = Endpoint.connect(name);
    await server.accept();
    await server.receive();
    await server.send(welcome());
    const endpoint = keep(await connecting);
    await server.make();
    await server.offer(ring(OFFER, CAPACITY));
    await expectViolation({ server, name, endpoint });
  });
});

describe('a client leaves a server that says', () => {
  test.each([
    ['that it begins, without having offered anything', [BEGIN]],
    ['twice that it accepts', [ACCEPT, ACCEPT]],
    ['that it accepts, and refuses', [ACCEPT, REFUSE]],
    ['that it refuses, and begins', [REFUSE, BEGIN]],
    ['a step there is not', [5]],
  ])('%s', async (_, steps) => {
    const meeting = await meet();
    for (const step of steps) await meeting.server.send(ring(step));
    await expectViolation(meeting);
  });

  test('that it knows of rings, to a client that does not', async () => {
    const name = serviceName('hostile');
    const server = await RingPeer.listen(name);
    const connecting = Endpoint.connect(name);
    connecting.catch(() => {});
    await server.accept();
    await server.receive();
    await server.send(welcome({ features: 2 }));
    await expect(connecting).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
  });
});

describe('a client leaves a server that has written into its ring', () => {
  test.each([
    ['more than it holds', BigInt(CAPACITY) + 8n],
    ['half a word', 4n],
    ['less than nothing', -8n],
  ])('%s', async (_, written) => {
    const meeting = await meetWithRing();
    await meeting.server.set(Word.WRITTEN, written);
    await expectViolation(meeting);
  });

  test.each([
    ['a packet of no bytes', PACKET, 0, 0],
    ['a packet of more bytes than are there', PACKET, 24, 16],
    ['a packet that is on the socket, where there is none', ELSEWHERE, 0, 0],
    ['a record of a kind there is not', 2, 24, 24],
  ])('%s', async (_, kind, size, advance) => {
    const meeting = await meetWithRing();
    const { server, endpoint } = meeting;
    await server.put(message('before'));
    await server.record(kind, size, advance);
    expect((await endpoint.recv()).text()).toBe('before');
    await expectViolation(meeting);
  });
});

test('a client leaves a server that writes a packet into its ring and says that half of it is there', async () => {
  const meeting = await meetWithRing();
  await meeting.server.put(message('before'));
  await meeting.server.putPart(message('not yet all there'), 16);
  expect((await meeting.endpoint.recv()).text()).toBe('before');
  await expectViolation(meeting);
});

test.each([
  ['more than there is', 2n ** 40n],
  ['less than nothing', -8n],
])('a client leaves a server that says it has read %s, when it has more to send than there is room for', async (_, read) => {
  const meeting = await meetWithRing();
  await meeting.server.set(Word.READ, read);
  const send = async (): Promise<void> => {
    // One by one, so that each has a record of its own: together they would go by the socket.
    for (let count = 0; count < 100; count += 1) {
      await meeting.endpoint.send(Buffer.alloc(2000));
      await meeting.endpoint.flush();
    }
  };
  await expect(send()).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
  await expectViolation(meeting);
});

describe('a client is not harmed by a server that', () => {
  test('refuses', async () => {
    const { server, endpoint, name } = await meet();
    await server.send(ring(REFUSE));
    await eventually(() => expect(newsOf('client', name)).toEqual(['refused']));
    expect(ringMappings()).toEqual([]);
    await server.send(message('by the socket'));
    expect((await endpoint.recv()).text()).toBe('by the socket');
  });

  test('says nothing of the ring', async () => {
    const { server, endpoint, name } = await meet();
    await server.send(message('by the socket'));
    expect((await endpoint.recv()).text()).toBe('by the socket');
    await endpoint.send('likewise');
    expect((await server.receive()).bytes.toString('latin1')).toMatch(/likewise$/);
    expect(newsOf('client', name)).toEqual([]);
    await endpoint.close();
    expect(ringMappings()).toEqual([]);
  });

  test('rings without end, changes what it waits for, and spoils its bell', async () => {
    const { server, endpoint } = await meetWithRing();
    await server.mute();
    for (const what of ['bell', 'tickets'] as const) {
      await server.storm(what);
      for (let number = 0; number < 50; number += 1) {
        await endpoint.send(`message ${number}`);
        expect(await server.nextMessage()).toBe(`message ${number}`);
        await server.put(message(`answer ${number}`));
        expect((await endpoint.recv()).text()).toBe(`answer ${number}`);
      }
    }
    await server.kill();
    await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
  });

  test('never reads, for as long as the client has the patience', async () => {
    const { server, endpoint } = await meetWithRing();
    for (let refusals = 0; refusals < 3; refusals += 1) {
      while (endpoint.trySend(Buffer.alloc(1000))) refusals = 0;
      await nextTurn();
    }
    await expect(endpoint.send('more', { timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    await server.put(message('I hear nothing'));
    expect((await endpoint.recv()).text()).toBe('I hear nothing');
    await expect(endpoint.close({ timeout: 50 })).resolves.toBeUndefined();
    expect(ringMappings()).toEqual([]);
  });
});
