/** Clients that have a ring with the server and break its rules, or make it as unpleasant as they can. */
import { Endpoint } from 'gips';

import { Kind } from '#lib/native/binding.js';

import { first, frame, more, pool } from '../core/packets.js';
import { eventually, within } from '../support/deadline.js';
import { message } from '../support/greetings.js';
import { CAPACITY, RecordKind, RingPeer, Word } from '../support/ring-peer.js';
import { ringMappings } from '../support/rings.js';
import { Victim } from '../support/victim.js';

const { PACKET, ELSEWHERE } = RecordKind;
const HALVES = 2;

let victim: Victim;
/** Another well-behaved client, who talks by a ring. */
let bystander: Endpoint;
beforeAll(async () => {
  victim = await Victim.start();
  bystander = await Endpoint.connect(victim.name, { ring: true });
  await victim.expectEcho();
  await expectEchoByRing();
  await eventually(() => expect(ringMappings(victim.server.pid)).toHaveLength(HALVES));
  victim.recount();
});
afterAll(() => {
  bystander.destroy();
  victim.leave();
});

async function expectEchoByRing(): Promise<void> {
  await bystander.send('by a ring');
  expect((await bystander.recv({ timeout: 5_000 })).text()).toBe('by a ring');
}

async function expectUnharmed(): Promise<void> {
  await expectEchoByRing();
  await victim.expectUnharmed();
  await eventually(() => expect(ringMappings(victim.server.pid)).toHaveLength(HALVES));
}

async function expectCutOff(peer: RingPeer): Promise<void> {
  expect(await victim.endOf(peer)).toBe('EBADMSG');
  await peer.receiveEnd();
  await expectUnharmed();
}

async function expectServed(peer: RingPeer): Promise<void> {
  for (let number = 0; number < 10; number += 1) await peer.expectEcho(`message ${number}`);
}

async function leave(peer: RingPeer): Promise<void> {
  await peer.close();
  expect(await victim.endOf(peer)).toBe('ECONNRESET');
  await expectUnharmed();
}

describe('a client is cut off, and nobody else, that says that it has written', () => {
  test.each([
    ['more than its ring holds', BigInt(CAPACITY) + 8n],
    ['4 GiB', 2n ** 32n],
    ['all there is', 2n ** 64n - 8n],
    ['half a word', 4n],
    ['a byte too many', 9n],
  ])('%s', async (_, written) => {
    const fresh = await RingPeer.withRing(victim.name);
    await fresh.set(Word.WRITTEN, written);
    await expectCutOff(fresh);
    const used = await RingPeer.withRing(victim.name);
    await expectServed(used);
    await used.set(Word.WRITTEN, (await positionOf(used)) + written);
    await expectCutOff(used);
  });

  test.each([8n, 24n, 1000n])('less than before: by %d bytes', async (less) => {
    const peer = await RingPeer.withRing(victim.name);
    await expectServed(peer);
    await peer.set(Word.WRITTEN, (await positionOf(peer)) - less);
    await expectCutOff(peer);
  });

  /** How much it has written, all of which has been read. */
  async function positionOf(peer: RingPeer): Promise<bigint> {
    return await peer.get(Word.READ);
  }
});

describe('a client is cut off, and nobody else, that writes a record', () => {
  test.each([
    ['of a packet of no bytes', PACKET, 0, 0],
    ['of more bytes than it says are written', PACKET, 24, 16],
    ['of more bytes than its ring holds', PACKET, CAPACITY, 24],
    ['of 4 GiB', PACKET, 2 ** 32 - 1, 24],
    ['of a kind there is not', 2, 24, 24],
    ['of the last kind', 2 ** 32 - 1, 24, 24],
    ['of a packet elsewhere that is here', ELSEWHERE, 24, 24],
    ['of a packet that is on the socket, where there is none', ELSEWHERE, 0, 0],
    ['of zeros', PACKET, 16, 16],
  ])('%s', async (_, kind, size, advance) => {
    const peer = await RingPeer.withRing(victim.name);
    await expectServed(peer);
    await peer.record(kind, size, advance);
    await expectCutOff(peer);
  });

  test('of a packet above the limit, in a ring that holds it', async () => {
    const peer = await RingPeer.withRing(victim.name, 4 * CAPACITY);
    await peer.put(message(Buffer.alloc(65_600)));
    await expectCutOff(peer);
  });

  test.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a single byte', Buffer.of(Kind.MESSAGE)],
    ['a payload shorter than announced', frame(Kind.MESSAGE, { payload: Buffer.alloc(10), length: 11 })],
    ['a message that speaks of objects', frame(Kind.MESSAGE, { objects: 1 })],
    ['memory that it shares, without the object', pool(4)],
    ['a fragment of nothing', Buffer.from(more(100).bytes)],
    ['a message inside of a message', Buffer.concat([Buffer.from(first().bytes), Buffer.from(first().bytes)])],
    ['a second greeting', frame(Kind.HELLO, { payload: Buffer.alloc(30) })],
  ])('of %s', async (_, packet) => {
    const peer = await RingPeer.withRing(victim.name);
    await expectServed(peer);
    await peer.put(packet);
    await expectCutOff(peer);
  });

  test('of a packet on the socket, where there is one of no bytes', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.send(Buffer.alloc(0));
    await peer.record(ELSEWHERE, 0);
    await expectCutOff(peer);
  });

  test('of a packet on the socket, where there is one, that is also here', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.send(message('on the socket'));
    await peer.record(ELSEWHERE, 24, 24);
    await expectCutOff(peer);
  });

  test('of messages beyond what it may have outstanding', async () => {
    const ignoring = await Victim.start({ takes: 'connections' });
    const peer = await RingPeer.withRing(ignoring.name);
    await peer.put(message('ignore me'));
    // More than the window, and less than the socket holds and the ring has records for.
    for (let count = 0; count < 20; count += 1) {
      await peer.send(message(Buffer.alloc(60_000))).catch(() => {});
      await peer.record(ELSEWHERE, 0);
    }
    expect(await ignoring.endOf(peer)).toBe('EBADMSG');
    await ignoring.expectUnharmed();
    ignoring.leave();
  });
});

describe('a client is cut off once it is sent more than it has room for that says it has read', () => {
  /** Its echo is more than the ring of the server holds, and half of it less than its own. */
  async function sendMuch(peer: RingPeer): Promise<void> {
    for (let count = 0; count < 25; count += 1) await peer.put(message(Buffer.alloc(4000)));
  }

  test.each([
    ['much more than was written', 2n ** 40n],
    ['less than nothing', -(2n ** 63n)],
  ])('%s', async (_, further) => {
    const peer = await RingPeer.withRing(victim.name);
    await expectServed(peer);
    await peer.set(Word.READ, (await peer.get(Word.WRITTEN)) + further);
    await sendMuch(peer);
    await expectCutOff(peer);
  });

  test('less than before', async () => {
    const peer = await RingPeer.withRing(victim.name);
    // The server has looked several times.
    for (let count = 0; count < 50; count += 1) await peer.expectEcho('x'.repeat(4000));
    await peer.set(Word.READ, 8n);
    await sendMuch(peer);
    await expectCutOff(peer);
  });
});

describe('a client harms nobody that', () => {
  test('has sent messages by the socket that no record speaks of', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.send(message('on the socket'));
    await expectServed(peer);
    await victim.expectIdle();
    await peer.record(ELSEWHERE, 0);
    expect(await peer.nextMessage()).toBe('on the socket');
    await leave(peer);
  });

  test('sends garbage by the socket that no record speaks of', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.send(Buffer.from('garbage'), 200);
    await expectServed(peer);
    await leave(peer);
  });

  test('never reads its ring, and does not cost more than one that never reads its socket', async () => {
    const peer = await RingPeer.withRing(victim.name);
    for (let round = 0; round < 20; round += 1) {
      await peer.put(message(Buffer.alloc(16_000)));
      await expectEchoByRing();
    }
    victim.expectMemoryBelow(32);
    await leave(peer);
  });

  test('changes what it waits for without end', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.storm('tickets');
    await expectServed(peer);
    for (let round = 0; round < 20; round += 1) await expectUnharmedMeanwhile();
    await leave(peer);
  });

  test('rings without end', async () => {
    const peers = [await RingPeer.withRing(victim.name), await RingPeer.withRing(victim.name)];
    for (const peer of peers) await peer.storm('bell');
    for (let round = 0; round < 20; round += 1) await expectUnharmedMeanwhile();
    for (const peer of peers) {
      await expectServed(peer);
      await peer.calm();
    }
    await victim.expectIdle();
    for (const peer of peers) await peer.kill();
    await expectUnharmed();
  });

  test('rings without end for what is no message', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.storm('bell');
    for (let round = 0; round < 200; round += 1) await peer.put(frame(Kind.PING));
    await expectUnharmedMeanwhile();
    await leave(peer);
  });

  test('fills the bell that is rung for it, has it block, and lets go of it', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await expectServed(peer);
    await peer.mute();
    for (let round = 0; round < 20; round += 1) {
      await peer.set(Word.WAITS_FOR_DATA, 2 * round + 1);
      await peer.set(Word.WAITS_FOR_ROOM, 2 * round + 1);
      await expectServed(peer);
      await expectUnharmedMeanwhile();
    }
    await leave(peer);
  });

  test('is killed amid everything', async () => {
    const peer = await RingPeer.withRing(victim.name);
    await peer.storm('tickets');
    for (let count = 0; count < 50; count += 1) await peer.put(message(Buffer.alloc(1000)));
    await peer.put(Buffer.from(first({ total: 1_000_000 }).bytes));
    await peer.kill();
    expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await expectUnharmed();
  });

  async function expectUnharmedMeanwhile(): Promise<void> {
    await within(victim.expectEcho(), 'an echo');
    await expectEchoByRing();
  }
});

test('after all that the server does nothing, and is hardly larger', async () => {
  await victim.expectIdle();
  victim.expectMemoryBelow(32);
});
