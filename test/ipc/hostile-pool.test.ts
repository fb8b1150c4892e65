/** Peers that share memory, or make use of ours, in ways they should not. */
import { Kind } from '#lib/native/binding.js';
import { native } from '#lib/native/index.js';

import { frame, HEADER_SIZE, more, pool, pooled, pooledMore } from '../core/packets.js';
import type { BareDescriptor, BarePeer } from '../support/bare-peer.js';
import { hello, message } from '../support/greetings.js';
import { Victim } from '../support/victim.js';

const LARGEST = 64 * 1024 * 1024;

let victim: Victim;
beforeAll(async () => (victim = await Victim.start()));
afterAll(() => victim.leave());

async function expectCutOff(peer: BarePeer): Promise<void> {
  expect(await victim.endOf(peer)).toBe('EBADMSG');
  await peer.receiveEnd();
  await victim.expectUnharmed();
}

test.each<[string, BareDescriptor]>([
  ['memory that it could take away', 'unsealed'],
  ['memory that it could punch holes into', 'writable'],
  ['less memory than it says', 'little'],
  ['a directory', 'directory'],
  ['a pipe', 'pipe'],
  ['a socket', 'socket'],
  ['/dev/zero', 'zero'],
  ['a file of a disk', 'file'],
])('a client that shares %s is cut off', async (_, what) => {
  const peer = await victim.admit();
  await peer.sendWith(pool(4), what);
  await expectCutOff(peer);
});

test('a client that names memory which was never written is cut off: reading it would cost its reader', async () => {
  const peer = await victim.admit();
  await peer.sendWith(pool(4), 'holes');
  expect((await peer.receive()).bytes).toEqual(frame(Kind.SLOT));
  await peer.send(pooled(0, 70_000).bytes);
  await expectCutOff(peer);
});

test.each([
  ['a slot before it has shared memory', [pooled(0, 70_000).bytes]],
  ['that it has read a slot, when nothing was shared with it', [frame(Kind.SLOT, { correlation: 1 })]],
  ['that it accepts memory, when nothing was shared with it', [frame(Kind.SLOT)]],
])('a client that names %s is cut off', async (_, packets) => {
  const peer = await victim.admit();
  for (const bytes of packets) await peer.send(bytes);
  await expectCutOff(peer);
});

test('a client that shares memory and uses it as it should is served, in slots and in packets', async () => {
  const peer = await victim.admit();
  await peer.sendWith(pool(4), 'memory');
  expect((await peer.receive()).bytes).toEqual(frame(Kind.SLOT));
  await peer.send(pooled(3, 60_000, 200_000).bytes);
  expect((await peer.receive()).bytes).toEqual(frame(Kind.SLOT, { correlation: 4 }));
  await peer.send(more(60_000).bytes);
  await peer.send(pooledMore(1, 70_000));
  expect((await peer.receive()).bytes).toEqual(frame(Kind.SLOT, { correlation: 2 }));
  await peer.send(pooledMore(0, 10_000));
  expect((await peer.receive()).bytes).toEqual(frame(Kind.SLOT, { correlation: 1 }));
  // What it sent comes back; it did not offer to read memory, so nothing is shared with it.
  const parts: Buffer[] = [];
  for (let size = 0; size < 8 + 200_000;) {
    const { bytes, descriptors } = await peer.receive();
    expect(descriptors).toBe(0);
    if (bytes.readUInt8(0) !== Kind.FRAGMENT) continue;
    parts.push(bytes.subarray(HEADER_SIZE));
    size += bytes.length - HEADER_SIZE;
  }
  const echo = Buffer.concat(parts).subarray(8);
  const expected = Buffer.concat([Buffer.alloc(60_000, 'm'), Buffer.alloc(60_000), Buffer.alloc(80_000, 'm')]);
  expect(echo.equals(expected)).toBe(true);
  await peer.close();
  await victim.expectUnharmed();
});

test('a client that never says that it has read costs a bounded amount, and gets the rest in packets', async () => {
  const peer = await victim.admit({ features: native.features, window: 2 ** 30 });
  const size = 131_072;
  const fragments = async (): Promise<number> => {
    await peer.send(frame(Kind.FRAGMENT, { flags: 1, payload: largeMessage(size) }));
    for (const part of [60_000, size - 120_000]) await peer.send(frame(Kind.FRAGMENT, { payload: Buffer.alloc(part) }));
    let descriptors = 0;
    for (let received = 0; received < size;) {
      const packet = await peer.receive();
      descriptors += packet.descriptors;
      const { bytes } = packet;
      if (bytes.readUInt8(0) === Kind.POOL) await peer.send(frame(Kind.SLOT));
      if (bytes.readUInt8(0) !== Kind.FRAGMENT) continue;
      const isFirst = (bytes.readUInt8(1) & 1) !== 0;
      const reference = HEADER_SIZE + (isFirst ? 8 : 0);
      received += (bytes.readUInt8(1) & 2) !== 0 ? bytes.readUInt32LE(reference + 4) : bytes.length - reference;
    }
    return descriptors;
  };
  const shared: number[] = [];
  for (let i = 0; i < 70; i++) shared.push(await fragments());
  expect(shared.reduce((sum, one) => sum + one)).toBe(1);
  await peer.close();
  await victim.expectUnharmed();
});

/** The first fragment's payload for a message of `size` bytes, with 60,000 of them. */
function largeMessage(size: number): Buffer {
  const payload = Buffer.alloc(8 + 60_000);
  payload.writeUInt8(Kind.MESSAGE, 0);
  payload.writeUInt32LE(size, 4);
  return payload;
}

test('a client that fills slots and does not read that it may is cut off', async () => {
  const peer = await victim.admit();
  await peer.sendWith(pool(4), 'memory');
  await peer.receive();
  await peer.send(pooled(0, 1, LARGEST).bytes);
  const flood = peer.sendMany(pooledMore(0, 1), 300_000);
  await expect(flood).rejects.toMatchObject({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) as string });
  expect(await victim.endOf(peer)).toBe('EBADMSG');
  await peer.close();
  await victim.expectUnharmed();
});

test('a packet that names slots again and again does not make the server hold them all', async () => {
  const peer = await victim.admit();
  await peer.sendWith(pool(1, LARGEST), 'holes');
  await peer.receive();
  const { bytes } = pooled(0, LARGEST, LARGEST, { kind: Kind.REPLY, correlation: 1 });
  await peer.send(Buffer.concat(Array.from({ length: 30 }, () => bytes)));
  expect(await victim.endOf(peer)).toBe('EBADMSG');
  victim.expectMemoryBelow(2 * 64);
  await peer.close();
  await victim.expectUnharmed();
});

test('what comes in the place of the memory is not taken for it', async () => {
  const peer = await victim.admit();
  await peer.send(Buffer.concat([message('a'), pool(4)]), 1);
  await expectCutOff(peer);
  const other = await victim.admit();
  await other.send(hello(victim.name));
  await expectCutOff(other);
});
