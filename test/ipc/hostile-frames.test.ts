import { Kind } from '#lib/native/binding.js';

import { first, frame, MAX_CORRELATION, MAX_GRANT, MAX_OBJECTS, more } from '../core/packets.js';
import { hello, message, refused, welcome } from '../support/greetings.js';
import { bareObjects } from '../support/platform.js';
import { Victim } from '../support/victim.js';

const FIRST = 1;
const EMPTY = Buffer.alloc(0);

let victim: Victim;
beforeAll(async () => (victim = await Victim.start()));
afterAll(() => victim.leave());

interface Packet {
  bytes: Uint8Array;
  objects: number;
}

/** Whatever `objects` the frames speak of, so many come. */
function packet(bytes: Uint8Array, objects = 0): Packet {
  return { bytes, objects };
}

async function expectViolation(packets: Packet[]): Promise<void> {
  const peer = await victim.admit();
  await peer.send(message('first'));
  for (const { bytes, objects } of packets) await peer.send(bytes, objects);
  expect(await victim.endOf(peer)).toBe('EBADMSG');
  await peer.receiveEnd();
  await victim.expectUnharmed();
}

describe('a client is cut off, and nobody else, when it sends', () => {
  test.each([
    ['nothing but a datagram of zero bytes', [packet(EMPTY)]],
    ['garbage', [packet(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))]],
    ['a single byte', [packet(Buffer.of(Kind.MESSAGE))]],
    ['a header that lacks its last byte', [packet(message().subarray(0, 15))]],
    ['a second frame without a whole header', [packet(Buffer.concat([message('whole'), message().subarray(0, 3)]))]],
    ['a payload shorter than announced', [packet(frame(Kind.MESSAGE, { payload: Buffer.alloc(10), length: 11 }))]],
    ['a payload longer than announced', [packet(frame(Kind.MESSAGE, { payload: Buffer.alloc(10), length: 9 }))]],
    ['a length of 4 GiB', [packet(frame(Kind.MESSAGE, { payload: Buffer.alloc(10), length: 2 ** 32 - 1 }))]],
    ['a frame above the limit', [packet(message(Buffer.alloc(65_537)))]],
    ['a packet far above the limit', [packet(Buffer.alloc(150_000))]],
    ['a count of objects that do not come', [packet(frame(Kind.MESSAGE, { objects: 65_535 }))]],
  ])('%s', async (_, packets) => expectViolation(packets));

  test.each([0, Kind.SLOT + 1, 99, 255])('a frame of kind %i', async (kind) => expectViolation([packet(frame(kind))]));

  test.each([
    ['a second HELLO', () => hello(victim.name)],
    ['a WELCOME', () => welcome()],
    ['a REFUSED', () => refused(1)],
  ])('%s', async (_, bytes) => expectViolation([packet(bytes())]));

  test.each([
    ['a flag on a message', frame(Kind.MESSAGE, { flags: FIRST })],
    ['an unknown flag on a fragment', frame(Kind.FRAGMENT, { flags: 2, payload: Buffer.alloc(9) })],
    ['all flags on a PING', frame(Kind.PING, { flags: 255 })],
    ['a message with a correlation', frame(Kind.MESSAGE, { correlation: 1 })],
    ['a request without a correlation', frame(Kind.REQUEST)],
    ['a request with too large a correlation', frame(Kind.REQUEST, { correlation: BigInt(MAX_CORRELATION) + 1n })],
    ['a reply without a correlation', frame(Kind.REPLY)],
    ['a failure that says nothing', frame(Kind.FAILURE, { correlation: 1 })],
    ['a cancellation with a payload', frame(Kind.CANCEL, { correlation: 1, payload: Buffer.of(1) })],
    ['a grant of nothing', frame(Kind.WINDOW)],
    ['too large a grant', frame(Kind.WINDOW, { correlation: MAX_GRANT + 1 })],
    ['a PING with a payload', frame(Kind.PING, { payload: Buffer.of(1) })],
    ['a goodbye with a payload', frame(Kind.GOODBYE, { payload: Buffer.of(1) })],
  ])('%s', async (_, bytes) => expectViolation([packet(bytes)]));

  bareObjects.describe('more or less than it speaks of:', () => {
    test.each([
      ['one descriptor with a message that speaks of none', packet(message(), 1)],
      ['253 descriptors with a message that speaks of none', packet(message(), MAX_OBJECTS)],
      ['fewer descriptors than it speaks of', packet(frame(Kind.MESSAGE, { objects: 3 }), 2)],
      ['more descriptors than it speaks of', packet(frame(Kind.MESSAGE, { objects: 2 }), 3)],
      ['descriptors with a PING', packet(frame(Kind.PING, { objects: 1 }), 1)],
      ['descriptors with a grant', packet(frame(Kind.WINDOW, { objects: 253, correlation: 1 }), 253)],
      ['descriptors with a goodbye', packet(frame(Kind.GOODBYE, { objects: 1 }), 1)],
      ['descriptors with two frames', packet(Buffer.concat([frame(Kind.MESSAGE, { objects: 1 }), message()]), 1)],
      ['descriptors with garbage', packet(Buffer.from('x'), 253)],
      ['descriptors with zero bytes', packet(EMPTY, 10)],
    ])('%s', async (_, bad) => expectViolation([bad]));
  });

  test.each<[string, Packet[]]>([
    ['a fragment of nothing', [more(100)]],
    ['a fragment without a byte', [first(), packet(frame(Kind.FRAGMENT))]],
    ['a first fragment without a prefix', [packet(frame(Kind.FRAGMENT, { flags: FIRST, payload: Buffer.alloc(7) }))]],
    ['a first fragment without a byte of the message', [first({ size: 0 })]],
    ['fragments of a message that is too small for them', [first({ total: 65_536 })]],
    ['fragments of a message that is too large', [first({ total: 64 * 1024 * 1024 + 1 })]],
    ['fragments of a message of 4 GiB', [first({ total: 2 ** 32 - 1 })]],
    ['fragments of a PING', [first({ kind: Kind.PING })]],
    ['fragments of fragments', [first({ kind: Kind.FRAGMENT })]],
    ['a prefix with something in its reserved bytes', [first({ reserved: 1 })]],
    ['a message inside of a message', [first(), first()]],
    ['a message between fragments', [first(), packet(message())]],
    ['a goodbye between fragments', [first(), packet(frame(Kind.GOODBYE))]],
    ['a fragment of another message', [first(), more(100, { correlation: 7 })]],
    ...bareObjects.rows<[string, Packet[]]>(['descriptors with a later fragment', [first(), { ...more(100, { objects: 1 }), objects: 1 }]]),
    ['fragments that go on and on', [first({ total: 65_600, size: 65_500 }), more(100), more(1)]],
    ['fragments that exceed the message', [first({ total: 65_600, size: 65_500 }), more(101)]],
  ])('%s', async (_, packets) => expectViolation(packets));
});

bareObjects.test('a message with 253 descriptors is none of all that', async () => {
  const peer = await victim.admit();
  await peer.send(frame(Kind.MESSAGE, { objects: MAX_OBJECTS, payload: Buffer.from('many') }), MAX_OBJECTS);
  expect((await peer.receive()).bytes.toString('latin1')).toMatch(/many$/);
  await peer.close();
  expect(await victim.endOf(peer)).toBe('ECONNRESET');
  await victim.expectUnharmed();
});

bareObjects.test('answers to requests that were never made are dropped, with their descriptors', async () => {
  const peer = await victim.admit();
  for (let correlation = 1; correlation <= 20; correlation += 1) await peer.send(frame(Kind.REPLY, { objects: 100, correlation }), 100);
  await peer.send(frame(Kind.CANCEL, { correlation: 1 }));
  await peer.send(message('still here'));
  expect((await peer.receive()).bytes.toString('latin1')).toMatch(/still here$/);
  await peer.close();
  expect(await victim.endOf(peer)).toBe('ECONNRESET');
  await victim.expectUnharmed();
});

test('after all that the server does nothing, and is hardly larger', async () => {
  await victim.expectIdle();
  victim.expectMemoryBelow(32);
});
