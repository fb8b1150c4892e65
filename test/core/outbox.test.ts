import fc from 'fast-check';

import { Kind } from '#lib/native/binding.js';

import { cost, MESSAGE, REPLY } from './core.js';
import { frame, packet } from './packets.js';
import { digest, Wire } from './wire.js';

/** No sequence number: what cannot be cancelled. */
const NEVER = 0;

const size = fc.oneof(fc.constantFrom(0, 1, 16_383, 16_384, 65_535, 65_536, 65_537, 131_064, 165_536, 200_000, 300_000), fc.nat(200_000));
const objects = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 253 }));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('message' as const), size, objects, atOnce: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reply' as const), size, objects: fc.constant(0), atOnce: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('packed' as const), sizes: fc.array(fc.nat(20_000), { minLength: 1, maxLength: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('room' as const), packets: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grant' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('answer' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('starve' as const), packets: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
);

test.each([
  { how: 'in packets', hasSlots: false },
  { how: 'also through slots', hasSlots: true },
])('every message arrives once, whole and in order, $how, whatever the socket, the credit and the peer do', ({ hasSlots }) => {
  fc.assert(
    fc.property(fc.constantFrom(1, 1_000, 65_536, 200_000), fc.array(step, { maxLength: 60 }), (window, steps) => {
      const wire = new Wire(window);
      if (hasSlots) wire.outbox.useSlots();
      const messages: { sequence: number; digest: string }[] = [];
      const replies: string[] = [];
      for (const [i, action] of steps.entries()) {
        if (action.do === 'message' || action.do === 'reply') {
          const payload = Buffer.alloc(action.size, i);
          const isMessage = action.do === 'message';
          const sequence = wire.outbox.send(isMessage ? MESSAGE : REPLY, payload, isMessage ? 0 : i + 1, action.objects, action.atOnce);
          if (sequence < 0) continue; // a shortage: nothing was queued
          if (isMessage) messages.push({ sequence, digest: digest(payload, action.objects) });
          else replies.push(digest(payload, action.objects));
          payload.fill(0xff); // the bytes were taken before send returned
        } else if (action.do === 'packed') {
          const { credit, packedRoom } = wire.outbox;
          if (packedRoom === 0) continue;
          let spent = 0;
          const payloads = action.sizes
            .map((bytes) => Buffer.alloc(bytes, i))
            .filter((payload) => {
              const isAllowed = spent < credit;
              if (isAllowed) spent += cost({ payload, objects: 0 });
              return isAllowed;
            });
          const { bytes } = packet(payloads.map((payload) => frame(MESSAGE, { payload })));
          if (bytes.length > packedRoom) continue;
          wire.outbox.sendPacked(bytes, spent);
          messages.push(...payloads.map((payload) => ({ sequence: NEVER, digest: digest(payload, 0) })));
          bytes.fill(0xff);
        } else if (action.do === 'room') {
          wire.carry(action.packets);
        } else if (action.do === 'grant') {
          wire.grant();
        } else if (action.do === 'answer') {
          wire.answer();
        } else if (action.do === 'trim') {
          wire.outbox.trimSlots();
        } else if (action.do === 'starve') {
          wire.outbox.starve(action.packets);
        } else if (messages.length > 0) {
          const which = action.which % messages.length;
          if (wire.outbox.cancel(messages[which]!.sequence)) messages.splice(which, 1);
        }
      }
      wire.drain();
      const arrived = (kind: number): string[] =>
        wire.received.filter((frame) => frame.kind === kind).map((frame) => digest(frame.payload, frame.objects));
      expect(wire.outbox.buffered).toBe(0);
      expect(wire.outbox.slotsTaken).toBeLessThanOrEqual(0);
      expect(arrived(MESSAGE)).toEqual(messages.map((message) => message.digest));
      expect(arrived(REPLY).sort()).toEqual(replies.sort());
    }),
    { numRuns: 300 },
  );
});

test('a reply passes messages that wait for credit, and the fragments of one under way', () => {
  const wire = new Wire(1);
  wire.outbox.send(MESSAGE, Buffer.alloc(300_000), 0, 0, true);
  wire.outbox.send(MESSAGE, Buffer.from('waits for credit'), 0, 0, true);
  wire.carry(1); // the first fragment
  wire.outbox.send(REPLY, Buffer.from('passes'), 7, 0, true);
  wire.carry(2);
  expect(wire.received.map((frame) => frame.kind)).toEqual([REPLY]);
  wire.carry(100);
  expect(wire.received.map((frame) => frame.kind)).toEqual([REPLY, MESSAGE]);
  wire.grant();
  wire.carry(1);
  expect(wire.received.map((frame) => frame.kind)).toEqual([REPLY, MESSAGE, MESSAGE]);
});

test('small frames of one turn share a packet, and one sent at once does not wait for company', () => {
  const wire = new Wire(65_536);
  wire.outbox.makeRoom(10);
  wire.outbox.send(MESSAGE, Buffer.from('at once'), 0, 0, true);
  expect(wire.outbox.take()).toHaveLength(1);
  for (let i = 0; i < 100; i++) wire.outbox.send(MESSAGE, Buffer.from([i]), 0, 0, false);
  expect(wire.outbox.take()).toHaveLength(0);
  wire.outbox.flush();
  expect(wire.outbox.take()).toHaveLength(1);
});

test('a message of which a fragment has left cannot be cancelled, one behind it can', () => {
  const wire = new Wire(1_000_000);
  wire.outbox.makeRoom(1);
  const begun = wire.outbox.send(MESSAGE, Buffer.alloc(200_000), 0, 0, true);
  const queued = wire.outbox.send(MESSAGE, Buffer.alloc(200_000), 0, 0, true);
  expect(wire.outbox.cancel(begun)).toBe(false);
  expect(wire.outbox.cancel(queued)).toBe(true);
  wire.drain();
  expect(wire.received).toHaveLength(1);
});

test('a broken sink is reported and takes nothing more', () => {
  const { outbox } = new Wire(65_536);
  outbox.break();
  expect(outbox.send(MESSAGE, Buffer.from('x'), 0, 0, true)).toBeLessThan(0);
  expect(outbox.send(MESSAGE, Buffer.from('x'), 0, 0, false)).toBeLessThan(0);
});

test.each([Kind.WINDOW, Kind.PONG, Kind.SLOT])(
  'nothing comes behind a goodbye that waits for the socket, not even a frame of kind %i',
  (kind) => {
    const wire = new Wire(65_536);
    wire.outbox.send(kind, Buffer.alloc(0), 1, 0, false);
    wire.outbox.flush();
    wire.outbox.send(Kind.GOODBYE, Buffer.alloc(0), 0, 0, true);
    wire.outbox.send(kind, Buffer.alloc(0), 2, 0, true);
    wire.carry(100);
    expect(wire.outbox.buffered).toBe(0);
  },
);

describe('slots', () => {
  const size = 300_000;

  /** A wire whose receiver has accepted the memory. */
  function withSlots(): Wire {
    const wire = new Wire(10_000_000);
    wire.outbox.useSlots();
    wire.outbox.makeRoom(100);
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    wire.carry(100);
    wire.answer();
    return wire;
  }

  function packetsOf(wire: Wire): number {
    wire.outbox.flush();
    const packets = wire.outbox.take();
    for (const { bytes, objects } of packets) wire.inbox.accept(bytes, objects);
    return packets.length;
  }

  /** Until the sink takes no more. */
  function fill({ outbox }: Wire): void {
    while (outbox.buffered === 0) outbox.send(MESSAGE, Buffer.from('x'), 0, 0, true);
  }

  test('are not used before the receiver has accepted them', () => {
    const wire = new Wire(10_000_000);
    wire.outbox.useSlots();
    wire.outbox.makeRoom(100);
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    expect(wire.outbox.slotsTaken).toBe(0);
    expect(packetsOf(wire)).toBe(1 + 5 + 5); // the offer, and two messages in fragments
  });

  test('stand for bytes that need no packets', () => {
    const wire = withSlots();
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    expect(packetsOf(wire)).toBe(3);
    expect(wire.outbox.slotsTaken).toBe(3);
  });

  test('that are not given back leave the rest to packets', () => {
    const wire = withSlots();
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    expect(packetsOf(wire)).toBe(3);
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    expect(packetsOf(wire)).toBe(5);
  });

  test('of a message that was cancelled are free again', () => {
    const wire = withSlots();
    wire.outbox.send(MESSAGE, Buffer.alloc(11_000_000), 0, 0, true); // takes all credit
    packetsOf(wire);
    wire.outbox.onSlot(1);
    wire.outbox.onSlot(2);
    wire.outbox.onSlot(3);
    const waiting = wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    expect(wire.outbox.slotsTaken).toBe(3);
    expect(wire.outbox.cancel(waiting)).toBe(true);
    expect(wire.outbox.slotsTaken).toBe(0);
  });

  test('are withdrawn when they have not been used for a while, and offered again', () => {
    const wire = withSlots();
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    expect(wire.outbox.trimSlots()).toBe(true); // used
    expect(wire.outbox.trimSlots()).toBe(true); // not read yet
    wire.carry(100);
    wire.answer();
    expect(wire.outbox.trimSlots()).toBe(false);
    expect(wire.outbox.slotsTaken).toBe(-1);
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    wire.carry(100);
    wire.answer();
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    expect(wire.outbox.slotsTaken).toBe(3);
    wire.carry(100);
    expect(wire.received).toHaveLength(4);
  });

  test.each<[string, (wire: Wire) => void]>([
    ['a socket that takes no more', fill],
    ['something the system is short of', ({ outbox }) => outbox.starve(1)],
  ])('that are offered again do not pass their withdrawal, which waits for %s', (_, hinder) => {
    const wire = withSlots();
    hinder(wire);
    expect(wire.outbox.trimSlots()).toBe(false);
    wire.outbox.makeRoom(100);
    for (let i = 0; i < 3; i++) {
      wire.outbox.send(MESSAGE, Buffer.alloc(size, i), 0, 0, true);
      wire.carry(100);
      wire.answer();
    }
    expect(wire.outbox.slotsTaken).toBe(0);
  });

  test('do not hide that the rest of their message cannot be sent: the stream is broken', () => {
    const { outbox } = withSlots();
    outbox.limit(1_000);
    expect(outbox.send(MESSAGE, Buffer.alloc(size + 2_000), 0, 0, true)).toBeLessThan(0);
    expect(outbox.send(MESSAGE, Buffer.from('x'), 0, 0, true)).toBeLessThan(0);
    expect(outbox.buffered).toBe(0);
  });

  test('are not withdrawn behind a reply that may have them offered again', () => {
    const wire = withSlots();
    wire.outbox.send(MESSAGE, Buffer.alloc(size), 0, 0, true);
    fill(wire);
    wire.outbox.send(REPLY, Buffer.alloc(size), 7, 0, true);
    wire.carry(0);
    wire.answer();
    expect(wire.outbox.trimSlots()).toBe(true); // used
    wire.outbox.makeRoom(100);
    wire.outbox.starve(3);
    wire.outbox.trimSlots();
    wire.outbox.starve(0);
    for (let i = 0; i < 3; i++) {
      wire.outbox.send(MESSAGE, Buffer.alloc(size, i), 0, 0, true);
      wire.carry(100);
      wire.answer();
    }
    expect(wire.received.filter(({ kind }) => kind === REPLY)).toHaveLength(1);
  });

  test.each([1, 3, 4, 2 ** 53 - 1])('a peer cannot give back slot %i, which it does not have', (number) => {
    const wire = withSlots();
    expect(wire.outbox.onSlot(number)).toBe(false);
  });

  test('a peer cannot accept what it has accepted, or was not offered', () => {
    expect(withSlots().outbox.onSlot(0)).toBe(false);
    const wire = new Wire(1_000);
    expect(wire.outbox.onSlot(0)).toBe(false);
    wire.outbox.useSlots();
    expect(wire.outbox.onSlot(0)).toBe(false);
  });
});
