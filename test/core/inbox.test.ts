/** What a peer may not send, rule by rule: docs/wire-protocol.md. */
import { Kind } from '#lib/native/binding.js';

import { core, type Packet, type TestInbox } from './core.js';
import { first, frame, HEADER_SIZE, MAX_GRANT, MAX_OBJECTS, more, packet, pool, pooled, pooledMore } from './packets.js';

const WINDOW = 65_536;
const LARGEST = 200_000;

const text = Buffer.from('text');
const message = frame(Kind.MESSAGE, { payload: text });
const goodbye = frame(Kind.GOODBYE);
/** Takes the whole window: nothing that costs may follow. */
const windowful = packet(frame(Kind.MESSAGE, { payload: Buffer.alloc(WINDOW - 64) }));

/** All packets but the last must be good. */
const violations: Record<string, Packet[]> = {
  'an empty packet': [{ bytes: Buffer.alloc(0), objects: 0 }],
  'a packet longer than 65,600 bytes': [
    packet([
      frame(Kind.PING),
      frame(Kind.PING),
      frame(Kind.PING),
      frame(Kind.PING),
      frame(Kind.REPLY, { correlation: 1, payload: Buffer.alloc(65_536) }),
    ]),
  ],
  'an unknown kind': [packet(frame(16))],
  'kind 0': [packet(frame(0))],
  'an unknown flag': [packet(frame(Kind.MESSAGE, { flags: 2 }))],
  'an unknown flag on a fragment': [{ ...first(), bytes: first().bytes.fill(5, 1, 2) }],
  'FIRST on anything but a fragment': [packet(frame(Kind.REPLY, { flags: 1, correlation: 1 }))],
  'a length past the end of the packet': [packet(frame(Kind.MESSAGE, { payload: text, length: text.length + 1 }))],
  'a length short of the end of the packet': [packet(frame(Kind.MESSAGE, { payload: text, length: text.length - 1 }))],
  'a length over 65,536': [packet(frame(Kind.REPLY, { correlation: 1, payload: Buffer.alloc(65_537) }))],
  'a header that is not all there': [packet(message.subarray(0, HEADER_SIZE - 1), 0)],
  'a second header that is not all there': [packet([message, message.subarray(0, HEADER_SIZE - 1)])],
  'a payload in CANCEL': [packet(frame(Kind.CANCEL, { correlation: 1, payload: text }))],
  'a payload in WINDOW': [packet(frame(Kind.WINDOW, { correlation: 1, payload: text }))],
  'a payload in GOODBYE': [packet(frame(Kind.GOODBYE, { payload: text }))],
  'a payload in PING': [packet(frame(Kind.PING, { payload: text }))],
  'a payload in PONG': [packet(frame(Kind.PONG, { payload: text }))],
  'HELLO without a payload': [packet(frame(Kind.HELLO))],
  'WELCOME without a payload': [packet(frame(Kind.WELCOME))],
  'REFUSED without a payload': [packet(frame(Kind.REFUSED))],
  'FAILURE without a payload': [packet(frame(Kind.FAILURE, { correlation: 1 }))],
  'HELLO with a correlation': [packet(frame(Kind.HELLO, { correlation: 1, payload: text }))],
  'WELCOME with a correlation': [packet(frame(Kind.WELCOME, { correlation: 1, payload: text }))],
  'REFUSED with a correlation': [packet(frame(Kind.REFUSED, { correlation: 1, payload: text }))],
  'MESSAGE with a correlation': [packet(frame(Kind.MESSAGE, { correlation: 1 }))],
  'GOODBYE with a correlation': [packet(frame(Kind.GOODBYE, { correlation: 1 }))],
  'REQUEST without a correlation': [packet(frame(Kind.REQUEST))],
  'REPLY without a correlation': [packet(frame(Kind.REPLY))],
  'FAILURE without a correlation': [packet(frame(Kind.FAILURE, { payload: text }))],
  'CANCEL without a correlation': [packet(frame(Kind.CANCEL))],
  'a correlation of 2^53': [packet(frame(Kind.PING, { correlation: 2n ** 53n }))],
  'a correlation of 2^64 - 1': [packet(frame(Kind.REQUEST, { correlation: 2n ** 64n - 1n }))],
  'WINDOW of 0': [packet(frame(Kind.WINDOW))],
  'WINDOW over 2^40': [packet(frame(Kind.WINDOW, { correlation: MAX_GRANT + 1 }))],
  'an object in HELLO': [packet(frame(Kind.HELLO, { objects: 1, payload: text }))],
  'an object in WELCOME': [packet(frame(Kind.WELCOME, { objects: 1, payload: text }))],
  'an object in REFUSED': [packet(frame(Kind.REFUSED, { objects: 1, payload: text }))],
  'an object in FAILURE': [packet(frame(Kind.FAILURE, { objects: 1, correlation: 1, payload: text }))],
  'an object in CANCEL': [packet(frame(Kind.CANCEL, { objects: 1, correlation: 1 }))],
  'an object in WINDOW': [packet(frame(Kind.WINDOW, { objects: 1, correlation: 1 }))],
  'an object in GOODBYE': [packet(frame(Kind.GOODBYE, { objects: 1 }))],
  'an object in PING': [packet(frame(Kind.PING, { objects: 1 }))],
  'an object in PONG': [packet(frame(Kind.PONG, { objects: 1 }))],
  'an object in a later fragment': [first(), more(1, { objects: 1 })],
  'an object in a failure that comes in fragments': [first({ kind: Kind.FAILURE, correlation: 1, objects: 1 })],
  'more objects than the frame says': [packet(message, 1)],
  'fewer objects than the frame says': [packet(frame(Kind.MESSAGE, { objects: 2 }), 1)],
  'more than 253 objects': [packet(frame(Kind.MESSAGE, { objects: MAX_OBJECTS + 1 }))],
  'a frame before one with objects': [packet([message, frame(Kind.MESSAGE, { objects: 1 })], 1)],
  'a frame behind one with objects': [packet([frame(Kind.MESSAGE, { objects: 1 }), message])],
  'two frames that both claim the objects': [packet([frame(Kind.MESSAGE, { objects: 1 }), frame(Kind.MESSAGE, { objects: 1 })])],
  'a frame after GOODBYE in its packet': [packet([goodbye, message])],
  'a packet after GOODBYE': [packet(goodbye), packet(message)],
  'a second GOODBYE': [packet(goodbye), packet(goodbye)],
  'a fragment without a first one': [more(1)],
  'a fragment behind the last one': [first({ total: 65_600 }), more(65_500), more(1)],
  'a second first fragment': [first(), first()],
  'a first fragment of a reply while a message is in fragments': [first(), first({ kind: Kind.REPLY, correlation: 1 })],
  'a fragment of another correlation': [first({ kind: Kind.REPLY, correlation: 1 }), more(1, { correlation: 2 })],
  'a first fragment too short for its prefix': [packet(frame(Kind.FRAGMENT, { flags: 1, payload: Buffer.alloc(7, Kind.MESSAGE) }))],
  'a first fragment without a byte of the message': [first({ size: 0 })],
  'a later fragment without a byte of the message': [first(), more(0)],
  'a total that would have fit a frame': [first({ total: 65_536 })],
  'a total over the largest message': [first({ total: LARGEST + 1 })],
  'a total of 2^32 - 1': [first({ total: 2 ** 32 - 1 })],
  'more bytes than the total': [first({ total: 65_600 }), more(65_501)],
  'a reserved byte of the prefix in use': [first({ reserved: 0x010000 })],
  'HELLO in fragments': [first({ kind: Kind.HELLO })],
  'CANCEL in fragments': [first({ kind: Kind.CANCEL, correlation: 1 })],
  'a fragment in fragments': [first({ kind: Kind.FRAGMENT })],
  'WINDOW in fragments': [first({ kind: Kind.WINDOW, correlation: 1 })],
  'GOODBYE in fragments': [first({ kind: Kind.GOODBYE })],
  'an unknown kind in fragments': [first({ kind: 16 })],
  'a message with a correlation in fragments': [first({ correlation: 1 })],
  'a request without a correlation in fragments': [first({ kind: Kind.REQUEST })],
  'a message between fragments': [first(), packet(message)],
  'a request between fragments': [first(), packet(frame(Kind.REQUEST, { correlation: 1 }))],
  'a goodbye between fragments': [first(), packet(goodbye)],
  'a message when the window is exhausted': [windowful, packet(message)],
  'a request when the window is exhausted': [windowful, packet(frame(Kind.REQUEST, { correlation: 1 }))],
  'a large message when the window is exhausted': [windowful, first()],
  'POOL without its object': [packet(pool(3), 0)],
  'POOL with two objects': [packet(frame(Kind.POOL, { objects: 2, payload: Buffer.alloc(8, 1) }))],
  'an object in the withdrawal of a POOL': [packet(frame(Kind.POOL, { objects: 1, payload: Buffer.alloc(8) }))],
  'POOL with a correlation': [packet(frame(Kind.POOL, { objects: 1, correlation: 1, payload: Buffer.alloc(8, 1) }))],
  'POOL of 7 bytes': [packet(frame(Kind.POOL, { objects: 1, payload: Buffer.alloc(7, 1) }))],
  'POOL of 9 bytes': [packet(frame(Kind.POOL, { objects: 1, payload: Buffer.alloc(9, 1) }))],
  'POOL in fragments': [first({ kind: Kind.POOL })],
  'a payload in SLOT': [packet(frame(Kind.SLOT, { payload: text }))],
  'an object in SLOT': [packet(frame(Kind.SLOT, { objects: 1 }))],
  'SLOT in fragments': [first({ kind: Kind.SLOT })],
  'POOLED on anything but a fragment': [packet(frame(Kind.MESSAGE, { flags: 2 }))],
  'POOL of more than 4,096 slots': [packet(pool(4_097))],
  'a slot where no memory is shared': [pooled(0, 70_000)],
  'a slot of memory that was withdrawn': [packet(pool(3)), packet(pool(0)), pooled(0, 70_000)],
  'a slot there is not': [packet(pool(3)), pooled(3, 70_000)],
  'more than a slot holds': [packet(pool(3)), pooled(0, 70_001, 140_000)],
  'nothing of a slot': [packet(pool(3)), pooled(0, 0)],
  'more of a slot than the total': [packet(pool(3)), pooled(0, 70_000, 69_999)],
  'the name of a slot and a byte': [packet(pool(3)), packet(frame(Kind.FRAGMENT, { flags: 3, payload: Buffer.alloc(17, 0) }))],
  'two slots in a packet': [packet(pool(3)), packet([pooled(0, 70_000).bytes, pooledMore(1, 70_000)])],
  'a frame before one that lies in a slot': [packet(pool(3)), packet([frame(Kind.PING), pooled(0, 70_000).bytes])],
  'a frame behind one that lies in a slot': [packet(pool(3)), packet([pooled(0, 70_000).bytes, frame(Kind.PING)])],
  'a message when objects have exhausted the window': [packet(frame(Kind.MESSAGE, { objects: 16 })), packet(message)],
};

function verdicts(inbox: TestInbox, packets: Packet[]): string[] {
  return packets.map(({ bytes, objects }) => inbox.accept(bytes, objects).verdict);
}

test.each(Object.entries(violations))('%s is a violation', (_, packets) => {
  const before = packets.slice(1).map(() => 'good');
  expect(verdicts(new core.TestInbox(WINDOW, LARGEST), packets)).toEqual([...before, 'violation']);
});

test.each([Kind.MESSAGE, Kind.REQUEST, Kind.REPLY, Kind.FAILURE])('a frame of kind %i over the largest message is a violation', (kind) => {
  const correlation = kind === Kind.MESSAGE ? 0 : 1;
  const sized = (size: number): Packet => packet(frame(kind, { correlation, payload: Buffer.alloc(size) }));
  expect(verdicts(new core.TestInbox(WINDOW, 1_000), [sized(1_000), sized(1_001)])).toEqual(['good', 'violation']);
});

test('what the user takes makes room for as much', () => {
  const inbox = new core.TestInbox(WINDOW, LARGEST);
  expect(verdicts(inbox, [windowful])).toEqual(['good']);
  inbox.granted(1);
  expect(verdicts(inbox, [packet(message), packet(message)])).toEqual(['good', 'violation']);
});

test('the frames before a bad one in its packet are delivered', () => {
  const { verdict, frames } = new core.TestInbox(WINDOW, LARGEST).accept(packet([message, frame(99)]).bytes, 0);
  expect(verdict).toBe('violation');
  expect(frames.map(({ payload }) => payload.toString())).toEqual(['text']);
});

test('a large message comes from slots and in packets, and each slot is answered', () => {
  const inbox = new core.TestInbox(WINDOW, LARGEST);
  const packets = [packet(pool(3)), pooled(1, 70_000), more(10_000), packet(pooledMore(2, 60_000))];
  const frames = packets.flatMap(({ bytes, objects }) => inbox.accept(bytes, objects).frames);
  expect(frames.map(({ kind, correlation, payload }) => [kind, correlation, payload.length])).toEqual([
    [Kind.POOL, 0, 8],
    [Kind.SLOT, 2, 0],
    [Kind.SLOT, 3, 0],
    [Kind.MESSAGE, 0, 140_000],
  ]);
  const expected = Buffer.concat([Buffer.alloc(70_000, 1), Buffer.alloc(10_000), Buffer.alloc(60_000, 2)]);
  expect(frames.at(-1)!.payload.equals(expected)).toBe(true);
});
