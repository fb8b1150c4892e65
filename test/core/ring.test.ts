/** One direction of a ring, its writer and its reader in one process. */
import fc from 'fast-check';

import { core, type TestRing } from './core.js';
import { CAPACITY, FULL, HEADER, LARGEST, packetOf, READ, recordSize, RESERVE, WAITS_FOR_DATA, WAITS_FOR_ROOM, WRITTEN } from './rings.js';

function put(ring: TestRing, packet: Buffer): { status: string; ring: boolean } {
  return ring.put([packet]);
}

function expectPacket(ring: TestRing, packet: Buffer): void {
  const taken = ring.take(LARGEST);
  expect(taken.status).toBe('packet');
  expect(taken.packet.equals(packet)).toBe(true);
}

test('packets of every size arrive whole', () => {
  const ring = new core.TestRing(CAPACITY);
  for (let size = 1; size <= LARGEST; size++) {
    expect(put(ring, packetOf(size, size)).status).toBe('sent');
    expectPacket(ring, packetOf(size, size));
  }
  expect(ring.take(LARGEST).status).toBe('nothing');
});

test('a packet fits whose record and the reserve are at most half of the ring', () => {
  const ring = new core.TestRing(CAPACITY);
  expect(ring.fits(LARGEST)).toBe(true);
  expect(ring.fits(LARGEST + 1)).toBe(false);
  expect(ring.fits(2 ** 32 - 1)).toBe(false);
});

test.each([1, 7, 8, 9, 500, LARGEST])('packets of %d bytes arrive whole wherever in the ring they begin', (size) => {
  const ring = new core.TestRing(CAPACITY);
  let position = 0;
  const pass = (packet: Buffer) => {
    put(ring, packet);
    expectPacket(ring, packet);
    position += recordSize(packet.length);
  };
  for (let offset = 0; offset < CAPACITY; offset += 8) {
    while (position % CAPACITY !== offset) {
      const way = (offset + CAPACITY - (position % CAPACITY)) % CAPACITY;
      if (way > HEADER) {
        pass(packetOf(Math.min(LARGEST, way - HEADER), 1));
      } else {
        ring.putElsewhere();
        ring.take(0);
        position += HEADER;
      }
    }
    pass(packetOf(size, offset / 8));
  }
});

test('a packet may come in many pieces', () => {
  const ring = new core.TestRing(CAPACITY);
  const packet = packetOf(100, 3);
  for (let lap = 0; lap < 100; lap++) {
    expect(ring.put([packet.subarray(0, 1), packet.subarray(1, 1), packet.subarray(1, 60), packet.subarray(60)]).status).toBe('sent');
    expectPacket(ring, packet);
  }
});

test('a packet that is elsewhere keeps its place among the others', () => {
  const ring = new core.TestRing(CAPACITY);
  put(ring, packetOf(10, 1));
  expect(ring.prepareElsewhere()).toBe('sent');
  ring.putElsewhere();
  put(ring, packetOf(10, 2));
  expectPacket(ring, packetOf(10, 1));
  expect(ring.take(0).status).toBe('elsewhere');
  expectPacket(ring, packetOf(10, 2));
  expect(ring.take(0).status).toBe('nothing');
});

test('a sleeping reader is woken once, and again when it sleeps again', () => {
  const ring = new core.TestRing(CAPACITY);
  expect(put(ring, packetOf(1, 1)).ring).toBe(false);
  expectPacket(ring, packetOf(1, 1));
  expect(ring.hasData()).toBe(false);
  expect(put(ring, packetOf(1, 2)).ring).toBe(false);
  expectPacket(ring, packetOf(1, 2));
  for (let round = 0; round < 3; round++) {
    expect(ring.awaitData()).toBe(false);
    expect(put(ring, packetOf(1, 3)).ring).toBe(true);
    expect(put(ring, packetOf(1, 4)).ring).toBe(false);
    ring.wakeReader();
    expect(put(ring, packetOf(1, 5)).ring).toBe(false);
    for (const number of [3, 4, 5]) expectPacket(ring, packetOf(1, number));
  }
});

test('a packet elsewhere wakes a sleeping reader, too', () => {
  const ring = new core.TestRing(CAPACITY);
  ring.awaitData();
  expect(ring.prepareElsewhere()).toBe('sent');
  expect(ring.putElsewhere()).toBe(true);
});

test('a reader that finds something does not sleep', () => {
  const ring = new core.TestRing(CAPACITY);
  put(ring, packetOf(1, 1));
  expect(ring.hasData()).toBe(true);
  expect(ring.awaitData()).toBe(true);
  expect(ring.said(false, WAITS_FOR_DATA)).toBe(0n);
});

test('a full ring takes nothing until half of it is free, and then says so once', () => {
  const ring = new core.TestRing(CAPACITY);
  const packet = packetOf(248, 9);
  const rest = packetOf(CAPACITY - RESERVE - 15 * recordSize(packet.length) - HEADER, 9);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 15; i++) expect(put(ring, packet).status).toBe('sent');
    expect(put(ring, rest).status).toBe('sent');
    expect(ring.writerWaits).toBe(false);
    expect(put(ring, packet)).toEqual({ status: 'full', ring: false });
    expect(ring.prepareElsewhere()).toBe('full');
    expect(ring.writerWaits).toBe(true);
    const rings = Array.from({ length: 16 }, () => ring.take(LARGEST).ring);
    expect(rings).toEqual(Array.from({ length: 16 }, (_, i) => i === 7));
    ring.wakeWriter();
    expect(ring.writerWaits).toBe(false);
  }
});

test('a full ring has room for the last packet', () => {
  const ring = new core.TestRing(CAPACITY);
  for (const size of FULL) expect(put(ring, packetOf(size, 1)).status).toBe('sent');
  const last = packetOf(RESERVE - HEADER, 2);
  expect(put(ring, last).status).toBe('full');
  ring.openReserve();
  expect(put(ring, last).status).toBe('sent');
  expect(ring.prepareElsewhere()).toBe('full');
  for (const size of FULL) expectPacket(ring, packetOf(size, 1));
  expectPacket(ring, last);
});

test('the words and the records are where other languages expect them', () => {
  const ring = new core.TestRing(CAPACITY);
  put(ring, Buffer.from('hello'));
  expect(ring.said(true, WRITTEN)).toBe(16n);
  expect(ring.take(LARGEST).packet.toString()).toBe('hello');
  expect(ring.said(false, READ)).toBe(16n);
  ring.awaitData();
  expect(ring.said(false, WAITS_FOR_DATA)).toBe(1n);
  ring.wakeReader();
  expect(ring.said(false, WAITS_FOR_DATA)).toBe(2n);
  while (put(ring, packetOf(LARGEST, 1)).status === 'sent');
  expect(ring.said(true, WAITS_FOR_ROOM)).toBe(1n);
});

/** What a ring does, as a queue. */
class Model {
  readonly queue: (Buffer | null)[] = [];
  used = 0;
  /** What the reader had seen in the ring, which it does not look at again before it has taken that. */
  seen = 0;
  reader: 'awake' | 'asleep' | 'rung' = 'awake';
  writer: 'awake' | 'asleep' | 'rung' = 'awake';

  put(packet: Buffer | null): { status: string; ring: boolean } {
    const size = recordSize(packet?.length ?? 0);
    if (this.used + size + RESERVE > CAPACITY) {
      if (this.writer === 'awake') this.writer = 'asleep';
      return { status: 'full', ring: false };
    }
    this.queue.push(packet);
    this.used += size;
    const ring = this.reader === 'asleep';
    if (ring) this.reader = 'rung';
    return { status: 'sent', ring };
  }

  look(): boolean {
    if (this.seen === 0) this.seen = this.used;
    return this.seen > 0;
  }

  take(): { status: string; packet: Buffer; ring: boolean } {
    const packet = this.look() ? this.queue.shift() : undefined;
    if (packet === undefined) return { status: 'nothing', packet: Buffer.alloc(0), ring: false };
    const size = recordSize(packet?.length ?? 0);
    this.used -= size;
    this.seen -= size;
    const ring = this.writer === 'asleep' && this.seen <= CAPACITY / 2;
    if (ring) this.writer = 'rung';
    return { status: packet === null ? 'elsewhere' : 'packet', packet: packet ?? Buffer.alloc(0), ring };
  }

  awaitData(): boolean {
    const hasData = this.look();
    if (!hasData && this.reader === 'awake') this.reader = 'asleep';
    return hasData;
  }
}

const operations = fc.oneof(
  { weight: 5, arbitrary: fc.record({ put: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: LARGEST })) }) },
  { weight: 5, arbitrary: fc.constant('take' as const) },
  { weight: 1, arbitrary: fc.constantFrom('elsewhere' as const, 'awaitData' as const, 'hasData' as const) },
  { weight: 1, arbitrary: fc.constantFrom('wakeReader' as const, 'wakeWriter' as const) },
);

test('whatever is done with it, a ring is a queue that wakes those who sleep', () => {
  fc.assert(
    fc.property(fc.array(operations, { minLength: 1, maxLength: 200, size: 'max' }), (all) => {
      const ring = new core.TestRing(CAPACITY);
      const model = new Model();
      for (const [number, operation] of all.entries()) {
        if (typeof operation === 'object') {
          const packet = packetOf(operation.put, number);
          expect(put(ring, packet)).toEqual(model.put(packet));
        } else if (operation === 'take') {
          const { packet, ...taken } = ring.take(LARGEST);
          const { packet: expected, ...rest } = model.take();
          expect(taken).toEqual(rest);
          expect(packet.equals(expected)).toBe(true);
        } else if (operation === 'elsewhere') {
          const { status, ring: due } = model.put(null);
          expect(ring.prepareElsewhere()).toBe(status);
          if (status === 'sent') expect(ring.putElsewhere()).toBe(due);
        } else if (operation === 'awaitData') {
          expect(ring.awaitData()).toBe(model.awaitData());
        } else if (operation === 'hasData') {
          expect(ring.hasData()).toBe(model.look());
        } else if (operation === 'wakeReader') {
          ring.wakeReader();
          model.reader = 'awake';
        } else {
          ring.wakeWriter();
          model.writer = 'awake';
        }
      }
    }),
    { numRuns: 200 },
  );
});

test.each([
  { capacity: CAPACITY, largest: LARGEST, budget: 1_000 },
  { capacity: CAPACITY, largest: 40, budget: 7 },
  { capacity: 65_536, largest: 20_000, budget: 1 },
])('two threads that send to each other lose nothing: $capacity bytes, packets up to $largest', (options) => {
  const { sleeps, failure } = core.stressRing({ ...options, records: 200_000, seed: 42 });
  expect(failure).toBe('');
  expect(sleeps).toBeGreaterThan(100);
});
