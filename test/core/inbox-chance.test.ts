/** What the inbox makes of packets that chance has made or changed. */
import fc from 'fast-check';

import { Kind } from '#lib/native/binding.js';

import { core, type Frame, type Packet, type TestInbox } from './core.js';
import { first, frame, HEADER_SIZE, MAX_CORRELATION, MAX_GRANT, MAX_OBJECTS, packet } from './packets.js';

const WINDOW = 65_536;
const LARGEST = 200_000;

/** The table of kinds, as far as one frame shows it. */
const table: Record<
  number,
  { correlation: 'none' | 'id' | 'any' | 'credit' | 'step'; payload: 'none' | 'some' | 'any'; objects: boolean }
> = {
  [Kind.HELLO]: { correlation: 'none', payload: 'some', objects: false },
  [Kind.WELCOME]: { correlation: 'none', payload: 'some', objects: false },
  [Kind.REFUSED]: { correlation: 'none', payload: 'some', objects: false },
  [Kind.MESSAGE]: { correlation: 'none', payload: 'any', objects: true },
  [Kind.REQUEST]: { correlation: 'id', payload: 'any', objects: true },
  [Kind.REPLY]: { correlation: 'id', payload: 'any', objects: true },
  [Kind.FAILURE]: { correlation: 'id', payload: 'some', objects: false },
  [Kind.CANCEL]: { correlation: 'id', payload: 'none', objects: false },
  [Kind.WINDOW]: { correlation: 'credit', payload: 'none', objects: false },
  [Kind.GOODBYE]: { correlation: 'none', payload: 'none', objects: false },
  [Kind.PING]: { correlation: 'any', payload: 'none', objects: false },
  [Kind.PONG]: { correlation: 'any', payload: 'none', objects: false },
  [Kind.POOL]: { correlation: 'none', payload: 'some', objects: true },
  [Kind.SLOT]: { correlation: 'any', payload: 'none', objects: false },
  [Kind.RING]: { correlation: 'step', payload: 'any', objects: true },
};

function expectPossible({ kind, correlation, payload, objects }: Frame): void {
  const rule = table[kind]!;
  const [least, most] = { none: [0, 0], id: [1, MAX_CORRELATION], any: [0, MAX_CORRELATION], credit: [1, MAX_GRANT], step: [1, 4] }[
    rule.correlation
  ];
  expect(correlation).toBeGreaterThanOrEqual(least!);
  expect(correlation).toBeLessThanOrEqual(most!);
  expect(payload.length).toBeGreaterThanOrEqual(rule.payload === 'some' ? 1 : 0);
  expect(payload.length).toBeLessThanOrEqual(rule.payload === 'none' ? 0 : LARGEST);
  expect(objects).toBeLessThanOrEqual(rule.objects ? MAX_OBJECTS : 0);
}

/**
 * Gives the packet to the inbox, which takes only frames that may be, and all of the packet or not the rest of it.
 * @returns whether the stream goes on
 */
function offer(inbox: TestInbox, { bytes, objects }: Packet): boolean {
  const { verdict, frames } = inbox.accept(bytes, objects);
  expect(['good', 'violation']).toContain(verdict);
  frames.forEach(expectPossible);
  const hasFragments = frames.reduce((size, { payload }) => size + HEADER_SIZE + payload.length, 0) !== bytes.length;
  if (verdict === 'good' && !hasFragments) {
    expect(Buffer.concat(frames.map(({ kind, ...rest }) => frame(kind, rest))).equals(bytes)).toBe(true);
  }
  return verdict === 'good';
}

const kinds = fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 1, max: 16 }) }, { weight: 1, arbitrary: fc.nat(255) });
const correlations = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0n, 0n, 1n) },
  { weight: 1, arbitrary: fc.constantFrom(2n ** 40n, 2n ** 40n + 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n) },
);
const payloads = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(first().bytes.subarray(HEADER_SIZE), Buffer.alloc(65_536), Buffer.alloc(65_537)) },
);
const frames = fc
  .record({
    kind: kinds,
    flags: fc.oneof({ weight: 10, arbitrary: fc.constantFrom(0, 0, 1) }, { weight: 1, arbitrary: fc.nat(255) }),
    objects: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(300) }),
    correlation: correlations,
    payload: payloads,
    lie: fc.oneof({ weight: 10, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }) }),
  })
  .map(({ kind, lie, ...rest }) => frame(kind, { ...rest, length: Math.max(0, rest.payload.length + lie) }));
const packets = fc.oneof(
  fc.record({ bytes: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)), objects: fc.nat(300) }),
  fc.array(frames, { minLength: 1, maxLength: 3 }).map((all) => packet(all)),
  frames.map((one) => packet(one)),
);

test('whatever comes as packets gives possible frames or a violation', () => {
  fc.assert(
    fc.property(fc.array(packets, { minLength: 1, maxLength: 20 }), (all) => {
      const inbox = new core.TestInbox(WINDOW, LARGEST);
      // Not even what comes behind a violation, which nobody reads any more, may do harm.
      for (const one of all) offer(inbox, one);
    }),
    { numRuns: 2_000 },
  );
});

const sends = fc.record({
  kind: fc.constantFrom(Kind.MESSAGE, Kind.REQUEST, Kind.REPLY, Kind.FAILURE, Kind.PING),
  size: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(65_536, 65_537, 140_000)),
  objects: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 253 }) }),
});

/** The packets that our own sending half makes of these, one coalesced turn. */
function encode(all: { kind: number; size: number; objects: number }[]): Packet[] {
  const outbox = new core.TestOutbox(false, WINDOW);
  outbox.makeRoom(1_000);
  outbox.addCredit(2 ** 40);
  for (const [i, { kind, size, objects }] of all.entries()) {
    const correlation = kind === Kind.MESSAGE ? 0 : i + 1;
    const payload = Buffer.alloc(kind === Kind.PING ? 0 : size, i);
    outbox.send(kind, payload, correlation, table[kind]!.objects ? objects : 0, false);
  }
  outbox.flush();
  return outbox.take();
}

const mutations: Record<string, (packet: Packet, position: number) => Packet[]> = {
  'a flipped bit': ({ bytes, objects }, position) => {
    const flipped = Buffer.from(bytes);
    flipped[(position >> 3) % bytes.length]! ^= 1 << (position & 7);
    return [{ bytes: flipped, objects }];
  },
  'a flipped bit of the first header': ({ bytes, objects }, position) => {
    const flipped = Buffer.from(bytes);
    flipped[(position >> 3) % HEADER_SIZE]! ^= 1 << (position & 7);
    return [{ bytes: flipped, objects }];
  },
  'a cut end': ({ bytes, objects }, position) => [{ bytes: bytes.subarray(0, position % bytes.length), objects }],
  'a frame twice in its packet': ({ bytes, objects }) => {
    const size = HEADER_SIZE + bytes.readUInt32LE(4);
    return [{ bytes: Buffer.concat([bytes.subarray(0, size), bytes]), objects }];
  },
  'a packet twice': (one) => [one, one],
  'a lost packet': () => [],
  'other objects': ({ bytes, objects }, position) => [{ bytes, objects: (objects + 1 + (position % 253)) % 254 }],
};

test.each(Object.entries(mutations))('%s in a valid stream gives possible frames or a violation', (_, mutate) => {
  fc.assert(
    fc.property(fc.array(sends, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(2 ** 30), (all, which, position) => {
      const valid = encode(all);
      const inbox = new core.TestInbox(2 ** 32, LARGEST);
      const at = which % valid.length;
      for (const one of valid.slice(0, at)) expect(offer(inbox, one)).toBe(true);
      for (const one of [...mutate(valid[at]!, position), ...valid.slice(at + 1)]) if (!offer(inbox, one)) break;
    }),
    { numRuns: 150 },
  );
});

test.each(['a cut end', 'other objects'])('%s of a packet is always noticed', (name) => {
  fc.assert(
    fc.property(fc.array(sends, { minLength: 1, maxLength: 12 }), fc.nat(2 ** 30), (all, position) => {
      const [whole] = encode(all);
      const [changed] = mutations[name]!(whole!, position);
      fc.pre(changed!.bytes.length % whole!.bytes.length === 0 || !endsWithAFrame(changed!.bytes));
      expect(new core.TestInbox(2 ** 32, LARGEST).accept(changed!.bytes, changed!.objects).verdict).toBe('violation');
    }),
    { numRuns: 150 },
  );
});

/** A packet cut between two frames is a good one, only shorter. */
function endsWithAFrame(bytes: Buffer): boolean {
  let offset = 0;
  while (offset + HEADER_SIZE <= bytes.length) offset += HEADER_SIZE + bytes.readUInt32LE(offset + 4);
  return offset === bytes.length;
}

test('a valid stream is taken whole, whatever it consists of', () => {
  fc.assert(
    fc.property(fc.array(sends, { minLength: 1, maxLength: 12 }), (all) => {
      const inbox = new core.TestInbox(2 ** 32, LARGEST);
      for (const one of encode(all)) expect(offer(inbox, one)).toBe(true);
    }),
    { numRuns: 150 },
  );
});
