/** The ends of a ring whose other end writes into its memory what it likes: docs/ring.md. */
import fc from 'fast-check';

import { core, type TestRing } from './core.js';
import { CAPACITY, FULL, header, LARGEST, packetOf, READ, recordSize, WAITS_FOR_DATA, WAITS_FOR_ROOM, WRITTEN } from './rings.js';

const PACKET = 0;
const ELSEWHERE = 1;
const BEYOND_NUMBERS = 2n ** 64n;

function takeAfter(written: bigint, content: Uint8Array = header(PACKET, 8), room = LARGEST): string {
  const ring = new core.TestRing(CAPACITY);
  ring.overwrite(0, content);
  ring.say(true, WRITTEN, written);
  return ring.take(room).status;
}

describe('a reader', () => {
  test.each([
    ['more than the ring has', BigInt(CAPACITY) + 8n],
    ['far more than it has', 2n ** 63n],
    ['less than nothing', BEYOND_NUMBERS - 8n],
    ['a part of a unit', 12n],
  ])('is told that there is %s: a violation', (_, written) => {
    expect(takeAfter(written)).toBe('violation');
  });

  test('is told that what it has read was never written: a violation', () => {
    const ring = new core.TestRing(CAPACITY);
    ring.put([packetOf(24, 1)]);
    expect(ring.take(LARGEST).status).toBe('packet');
    ring.say(true, WRITTEN, 16n);
    expect(ring.take(LARGEST).status).toBe('violation');
  });

  test.each([
    ['no bytes', header(PACKET, 0), 16n],
    ['more bytes than have been written', header(PACKET, 9), 16n],
    ['a header and nothing behind it', header(PACKET, 1), 8n],
    ['more bytes than its buffer has', header(PACKET, LARGEST + 1), BigInt(CAPACITY)],
    ['nearly as many bytes as can be said', header(PACKET, 2 ** 32 - 1), BigInt(CAPACITY)],
    ['bytes, though it is elsewhere', header(ELSEWHERE, 8), 16n],
    ['a kind that nobody knows', header(2, 8), 16n],
    ['the highest kind', header(2 ** 32 - 1, 8), 16n],
  ])('finds a packet with %s: a violation', (_, content, written) => {
    expect(takeAfter(written, content)).toBe('violation');
  });

  test('takes a ring that is full to its end', () => {
    expect(takeAfter(BigInt(CAPACITY), header(PACKET, CAPACITY - 8), CAPACITY)).toBe('packet');
  });

  test('does not sleep over a violation', () => {
    const ring = new core.TestRing(CAPACITY);
    ring.say(true, WRITTEN, 4n);
    expect(ring.hasData()).toBe(true);
    expect(ring.awaitData()).toBe(true);
    expect(ring.take(LARGEST).status).toBe('violation');
  });

  test('goes on for no word that becomes possible again', () => {
    const ring = new core.TestRing(CAPACITY);
    ring.say(true, WRITTEN, 4n);
    expect(ring.take(LARGEST).status).toBe('violation');
    ring.overwrite(0, header(PACKET, 8));
    ring.say(true, WRITTEN, 16n);
    expect(ring.take(LARGEST).status).toBe('violation');
  });
});

describe('a writer', () => {
  function full(): TestRing {
    const ring = new core.TestRing(CAPACITY);
    for (const size of FULL) ring.put([packetOf(size, 1)]);
    return ring;
  }

  test.each([
    ['more than was written', BigInt(CAPACITY) + 8n],
    ['far more than was written', 2n ** 63n],
    ['less than nothing', BEYOND_NUMBERS - 8n],
  ])('is told that %s was read: the channel is broken, for good', (_, read) => {
    const ring = full();
    ring.say(false, READ, read);
    expect(ring.put([packetOf(8, 1)]).status).toBe('broken');
    expect(ring.prepareElsewhere()).toBe('broken');
    ring.say(false, READ, BigInt(CAPACITY));
    expect(ring.put([packetOf(8, 1)]).status).toBe('broken');
  });

  test('is told that what was read has not been read: the channel is broken', () => {
    const ring = full();
    ring.say(false, READ, BigInt(recordSize(LARGEST)));
    expect(ring.put([packetOf(8, 1)]).status).toBe('sent');
    ring.say(false, READ, 8n);
    expect(ring.put([packetOf(LARGEST, 1)]).status).toBe('broken');
    // There would be room for this one.
    expect(ring.put([packetOf(8, 1)]).status).toBe('broken');
  });

  test('asked for a wake-up with each packet, rings with each packet and does nothing else', () => {
    const ring = new core.TestRing(CAPACITY);
    for (let ticket = 1n; ticket < 20n; ticket += 2n) {
      ring.say(false, WAITS_FOR_DATA, BEYOND_NUMBERS - ticket);
      expect(ring.put([packetOf(8, 1)])).toEqual({ status: 'sent', ring: true });
    }
  });
});

const sizes = fc.oneof(
  { weight: 3, arbitrary: fc.nat(64) },
  { weight: 1, arbitrary: fc.constantFrom(LARGEST, LARGEST + 1, CAPACITY - 8, CAPACITY) },
  { weight: 1, arbitrary: fc.nat(2 ** 32 - 1) },
);
const headers = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant(PACKET), size: sizes }) },
  { weight: 1, arbitrary: fc.constant({ kind: ELSEWHERE, size: 0 }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.oneof(fc.nat(2), fc.nat(2 ** 32 - 1)), size: sizes }) },
);
const deeds = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.oneof(
        fc.nat(40).map((units) => units * 8),
        fc.nat(2 * CAPACITY),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      word: fc.constantFrom(WRITTEN, READ, WAITS_FOR_DATA, WAITS_FOR_ROOM),
      value: fc.bigInt(0n, BEYOND_NUMBERS - 1n),
    }),
  },
  { weight: 3, arbitrary: fc.record({ here: headers }) },
  { weight: 1, arbitrary: fc.record({ offset: fc.nat(CAPACITY - 64), bytes: fc.uint8Array({ maxLength: 64 }) }) },
  { weight: 6, arbitrary: fc.constant('take' as const) },
);

/** What a reader makes of these bytes, told simply. */
class Expected {
  readonly data = Buffer.alloc(2 * CAPACITY);
  written = 0n;
  private known = 0n;
  position = 0n;

  overwrite(offset: number, bytes: Uint8Array): void {
    // Twice, so that a packet never has to be put together.
    for (const [i, byte] of bytes.entries()) this.data[offset + i] = this.data[offset + i + CAPACITY] = byte;
  }

  take(room: number): { status: string; packet: Buffer } {
    const packet = Buffer.alloc(0);
    if (this.known === this.position) this.known = this.written;
    const available = BigInt.asUintN(64, this.known - this.position);
    if (available > BigInt(CAPACITY) || this.known % 8n !== 0n) return { status: 'violation', packet };
    if (available === 0n) return { status: 'nothing', packet };
    const at = Number(this.position % BigInt(CAPACITY));
    const [size, kind] = [this.data.readUInt32LE(at), this.data.readUInt32LE(at + 4)];
    const isPossible = kind === PACKET ? size > 0 : kind === ELSEWHERE && size === 0;
    if (!isPossible || size > room || recordSize(size) > available) return { status: 'violation', packet };
    this.position += BigInt(recordSize(size));
    return { status: kind === PACKET ? 'packet' : 'elsewhere', packet: this.data.subarray(at + 8, at + 8 + size) };
  }
}

test('whatever is in its memory, a reader gives what has been written there or a violation', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(deeds, { minLength: 1, maxLength: 60, size: 'max' }), (all) => {
      const ring = new core.TestRing(CAPACITY);
      const expected = new Expected();
      const overwrite = (offset: number, bytes: Uint8Array) => {
        ring.overwrite(offset, bytes);
        expected.overwrite(offset, bytes);
      };
      const say = (word: number, value: bigint) => {
        ring.say(true, word, value);
        if (word === WRITTEN) expected.written = value;
      };
      for (const deed of all) {
        if (deed === 'take') {
          const taken = ring.take(LARGEST);
          const { status, packet } = expected.take(LARGEST);
          expect(taken.status).toBe(status);
          expect(taken.packet.equals(packet)).toBe(true);
          seen.set(status, (seen.get(status) ?? 0) + 1);
          if (status === 'violation') return;
        } else if ('step' in deed) {
          say(WRITTEN, BigInt.asUintN(64, expected.written + BigInt(deed.step)));
        } else if ('word' in deed) {
          say(deed.word, deed.value);
        } else if ('here' in deed) {
          overwrite(Number(expected.position % BigInt(CAPACITY)), header(deed.here.kind, deed.here.size));
        } else {
          overwrite(deed.offset, deed.bytes);
        }
      }
    }),
    { numRuns: 2_000 },
  );
  for (const status of ['packet', 'elsewhere', 'nothing', 'violation']) expect(seen.get(status)).toBeGreaterThan(50);
});

test.each([
  ['a small buffer', CAPACITY / 4],
  ['a buffer larger than the ring', CAPACITY * 2],
])('memory that changes while it is looked at does no harm: %s', (_, room) => {
  const { failure, ...counts } = core.harassRing(CAPACITY, room, 100_000, 7);
  expect(failure).toBe('');
  // Each of the ways has been gone.
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});
