import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  decodeHello,
  decodeRefused,
  decodeWelcome,
  encodeHello,
  encodeRefused,
  encodeWelcome,
  Reason,
  type Hello,
  type Welcome,
} from '#lib/ipc/greeting.js';

interface Vector<Fields> {
  name: string;
  payload: string;
  fields: Fields;
}
interface Malformed {
  reason: string;
  payload: string;
}
interface Vectors {
  greetings: {
    hello: Vector<Hello>[];
    malformedHello: Malformed[];
    welcome: Vector<Welcome>[];
    malformedWelcome: Malformed[];
    refused: { name: string; reason: Reason; payload: string }[];
    malformedRefused: Malformed[];
  };
}

const { greetings } = JSON.parse(readFileSync(new URL('../vectors/wire-v1.json', import.meta.url), 'utf8')) as Vectors;

function bytesOf({ payload }: { payload: string }): Buffer {
  return Buffer.from(payload, 'hex');
}

describe('HELLO', () => {
  test.each(greetings.hello)('with $name is written and read as specified', (vector) => {
    expect(encodeHello(vector.fields).toString('hex')).toBe(vector.payload);
    expect(decodeHello(bytesOf(vector))).toEqual(vector.fields);
  });

  test.each(greetings.malformedHello)('is none: $reason', (vector) => {
    expect(decodeHello(bytesOf(vector))).toBeUndefined();
  });
});

describe('WELCOME', () => {
  test.each(greetings.welcome)('with $name is written and read as specified', (vector) => {
    expect(encodeWelcome(vector.fields).toString('hex')).toBe(vector.payload);
    expect(decodeWelcome(bytesOf(vector), 0)).toEqual(vector.fields);
  });

  test.each(greetings.malformedWelcome)('is none: $reason', (vector) => {
    expect(decodeWelcome(bytesOf(vector), 0)).toBeUndefined();
  });
});

describe('REFUSED', () => {
  test.each(greetings.refused)('because of $name is written and read as specified', (vector) => {
    expect(encodeRefused(vector.reason).toString('hex')).toBe(vector.payload);
    expect(decodeRefused(bytesOf(vector))).toBe(vector.reason);
  });

  test.each(greetings.malformedRefused)('is none: $reason', (vector) => {
    expect(decodeRefused(bytesOf(vector))).toBeUndefined();
  });
});

describe('whatever the values', () => {
  const size = fc.integer({ min: 1, max: 2 ** 32 - 1 });
  const uint32 = fc.nat(2 ** 32 - 1);
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 100 })
    .filter((text) => !text.includes('\0') && Buffer.byteLength(text) <= 100);

  test('a HELLO says what was said', () => {
    const versions = { lowestVersion: fc.nat(255), highestVersion: fc.nat(255) };
    const hello = fc.record({ ...versions, features: uint32, window: size, maxMessageSize: size, name });
    fc.assert(fc.property(hello, (said) => expect(decodeHello(encodeHello(said))).toEqual(said)));
  });

  test('a WELCOME says what was said', () => {
    const welcome = fc.record({ version: fc.constant(1), features: fc.constant(0), window: size, maxMessageSize: size });
    fc.assert(fc.property(welcome, (said) => expect(decodeWelcome(encodeWelcome(said), 0)).toEqual(said)));
  });

  test('a greeting that is read is written again byte by byte, and no bytes make a reader throw', () => {
    const almost = fc.constantFrom(...greetings.hello, ...greetings.welcome).chain((vector) => {
      const bytes = bytesOf(vector);
      return fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, value]) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        return changed;
      });
    });
    const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(almost, anything), (bytes) => {
        const hello = decodeHello(bytes);
        const welcome = decodeWelcome(bytes, 0);
        const reason = decodeRefused(bytes);
        if (hello !== undefined) expect(encodeHello(hello)).toEqual(bytes);
        if (welcome !== undefined) expect(encodeWelcome(welcome)).toEqual(bytes);
        if (reason !== undefined) expect(Object.values(Reason)).toContain(bytes[0]);
      }),
      { numRuns: 1000 },
    );
  });
});
