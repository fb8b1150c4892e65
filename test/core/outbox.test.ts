import fc from 'fast-check';

import { core, cost, type Frame, INITIAL_CREDIT, MESSAGE, REPLY, type TestInbox, type TestOutbox } from './core.js';

const LARGEST = 1 << 24;
const MARK = 100_000;

const size = fc.oneof(fc.constantFrom(0, 1, 16_383, 16_384, 65_535, 65_536, 65_537, 131_064, 300_000), fc.nat(200_000));
const objects = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 253 }));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('message' as const), size, objects, atOnce: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reply' as const), size, objects: fc.constant(0), atOnce: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('room' as const), packets: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grant' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('starve' as const), packets: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
);

/** A sender and a receiver over a queue of packets that takes only so many. */
class Wire {
  readonly outbox: TestOutbox = new core.TestOutbox(false, MARK);
  readonly inbox: TestInbox;
  readonly received: Frame[] = [];
  #owed = 0;

  constructor(window: number) {
    this.inbox = new core.TestInbox(window, LARGEST);
    this.outbox.addCredit(window - INITIAL_CREDIT);
  }

  carry(packets: number): void {
    this.outbox.makeRoom(packets);
    this.outbox.flush();
    for (const packet of this.outbox.take()) {
      const { verdict, frames } = this.inbox.accept(packet.bytes, packet.objects);
      expect(verdict).toBe('good');
      this.received.push(...frames);
      for (const frame of frames) if (frame.kind === MESSAGE) this.#owed += cost(frame);
    }
  }

  grant(): void {
    if (this.#owed === 0) return;
    this.inbox.granted(this.#owed);
    this.outbox.addCredit(this.#owed);
    this.#owed = 0;
  }

  drain(): void {
    for (let i = 0; i < 5_000 && this.outbox.buffered > 0; i++) {
      this.carry(3);
      this.grant();
    }
    this.carry(0);
  }
}

const digest = (payload: Uint8Array, carried: number): string =>
  `${payload.length} ${payload[0]} ${payload[payload.length - 1]} ${carried}`;

test('every message arrives once, whole and in order, whatever the socket and the credit do', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 1_000, 65_536, 200_000), fc.array(step, { maxLength: 60 }), (window, steps) => {
      const wire = new Wire(window);
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
        } else if (action.do === 'room') {
          wire.carry(action.packets);
        } else if (action.do === 'grant') {
          wire.grant();
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
