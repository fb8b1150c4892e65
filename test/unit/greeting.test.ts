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

const ours: Hello = { lowestVersion: 1, highestVersion: 1, features: 0, window: 65_536, maxMessageSize: 65_536, name: 'x' };

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
    expect(decodeWelcome(bytesOf(vector), ours)).toEqual(vector.fields);
  });

  test.each(greetings.malformedWelcome)('is none: $reason', (vector) => {
    expect(decodeWelcome(bytesOf(vector), ours)).toBeUndefined();
  });

  test('may choose among the versions and features that were offered', () => {
    const offered: Hello = { ...ours, lowestVersion: 2, highestVersion: 4, features: 0x8000_0005 };
    const chosen: Welcome = { version: 3, features: 0x8000_0001, window: 1, maxMessageSize: 1 };
    expect(decodeWelcome(encodeWelcome(chosen), offered)).toEqual(chosen);
    expect(decodeWelcome(encodeWelcome({ ...chosen, version: 1 }), offered)).toBeUndefined();
    expect(decodeWelcome(encodeWelcome({ ...chosen, features: 2 }), offered)).toBeUndefined();
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
    const welcome = fc.record({ version: fc.nat(255), features: uint32, window: size, maxMessageSize: size });
    const offered: Hello = { ...ours, lowestVersion: 0, highestVersion: 255, features: 2 ** 32 - 1 };
    fc.assert(fc.property(welcome, (said) => expect(decodeWelcome(encodeWelcome(said), offered)).toEqual(said)));
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
        const welcome = decodeWelcome(bytes, ours);
        const reason = decodeRefused(bytes);
        if (hello !== undefined) expect(encodeHello(hello)).toEqual(bytes);
        if (welcome !== undefined) expect(encodeWelcome(welcome)).toEqual(bytes);
        if (reason !== undefined) expect(Object.values(Reason)).toContain(bytes[0]);
      }),
      { numRuns: 1000 },
    );
  });
});
