import { deserialize, serialize } from 'node:v8';
import { codecs, Shm, type Codec } from 'gips';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { start } from '../support/processes.js';

const { bytes, json, structured } = codecs;

describe('properties', () => {
  test.each([
    ['any JSON value survives', 'json survives', 2000],
    ['any value that can be cloned survives', 'structured survives', 2000],
    ['any bytes are a JSON value or a clean error', 'any bytes as json', 2000],
    ['any bytes are a structured value or a clean error', 'any bytes as structured', 6000],
  ])(
    '%s',
    async (_what, property, runs) => {
      await start('codec-properties', { argument: { property, runs } }).finish(60_000);
    },
    60_000,
  );
});

describe('bytes', () => {
  test('travel as they are', () => {
    const payload = Buffer.from([0, 255]);
    expect(bytes.decode(bytes.encode(payload) as Buffer)).toBe(payload);
    expect(bytes.encode('text')).toBe('text');
    expect(() => bytes.encode(1 as never)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });
});

describe('json', () => {
  const through = (value: unknown): unknown => json.decode(Buffer.from(json.encode(value) as string));

  test('a key may have any name', () => {
    const parsed = through(JSON.parse('{ "__proto__": { "admin": true }, "constructor": 1 }')) as object;
    expect(Object.keys(parsed)).toEqual(['__proto__', 'constructor']);
    expect((parsed as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each([
    ['a BigInt', 1n, 'BigInt'],
    ['a BigInt in an object', { a: [1n] }, 'BigInt'],
    ['a function', () => {}, 'JSON has no function'],
    ['a symbol', Symbol('s'), 'JSON has no symbol'],
    ['a circle', circle(), 'circular'],
  ])('%s is a TypeError', (_what, value, message) => {
    expect(() => json.encode(value)).toThrow(errorLike({ name: 'TypeError', message }));
  });

  test('what is no JSON is a SyntaxError', () => {
    expect(() => json.decode(Buffer.from('{'))).toThrow(errorLike({ name: 'SyntaxError' }));
  });
});

describe('structured', () => {
  const simple = [
    0,
    1,
    -1,
    63,
    64,
    -64,
    -65,
    8191,
    8192,
    2 ** 30 - 1,
    -(2 ** 30),
    2 ** 31,
    -0,
    NaN,
    1.5,
    1e300,
    true,
    false,
    null,
    '',
    'é',
    'x'.repeat(127),
  ];

  test.each(simple)('%p is written as V8 writes it', (value) => {
    expect(structured.encode(value)).toEqual(serialize(value));
  });

  test.each([...simple, 2 ** 30, -(2 ** 31), '€', 'x'.repeat(128), 2n ** 70n, undefined])('%p is read from V8, and by V8', (value) => {
    expect(structured.decode(serialize(value))).toBe(value);
    expect(deserialize(structured.encode(value) as Buffer)).toBe(value);
  });

  test('views are copies with memory of their own', () => {
    const view = structured.decode(structured.encode(Buffer.from('abc')) as Buffer) as Buffer;
    expect(Buffer.isBuffer(view)).toBe(true);
    expect(view.buffer.byteLength).toBe(3);
    const shared = new Float64Array([1.5, 2.5]);
    expect(structured.decode(structured.encode({ shared }) as Buffer)).toEqual({ shared });
  });

  test.each([
    ['a function', () => {}],
    ['a Promise in an object', { a: Promise.resolve() }],
    ['a symbol', Symbol('s')],
    ['shared memory of threads', new SharedArrayBuffer(8)],
  ])('%s is a TypeError', (_what, value) => {
    expect(() => structured.encode(value)).toThrow(errorLike({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }));
  });

  /** A number of V8's format. */
  const number = (value: number): number[] => (value > 127 ? [(value % 128) | 128, ...number(Math.floor(value / 128))] : [value]);
  const tag = (character: string): number => character.charCodeAt(0);
  const message = (...parts: (string | number[])[]): Buffer =>
    Buffer.from([0xff, 15, ...parts.flatMap((part) => (typeof part === 'string' ? [tag(part)] : part))]);

  test.each([
    [
      'sparse arrays as large as can be',
      message(
        'A',
        [20],
        ...Array<string>(20)
          .fill('sparse')
          .flatMap(() => ['a', number(33_000_000), '@', [0], number(33_000_000)]),
        '$',
        [0, 20],
      ),
    ],
    [
      'nested arrays, each of which claims what is left',
      message(...Array.from({ length: 2000 }).flatMap((_, i) => ['A', number(100_000 - i)]), [...Buffer.alloc(100_000, 'T')]),
    ],
    [
      'resizable buffers that reserve memory',
      message('A', [100], ...Array.from({ length: 100 }).flatMap(() => ['~', [0], number(2 ** 32 - 1)]), '$', [0, 100]),
    ],
    ['a hundred thousand objects in each other', message([...Buffer.alloc(100_000, 'o')])],
    ['shared memory', message('u', [0])],
    ['WebAssembly', message('w', [0])],
    ['a view beyond its buffer', message('B', [1, 0], 'V', 'B', [0, 200, 0])],
    ['a view of an unknown type', message('\\', [99, 0])],
    ['a view that ends within an element', message('\\', [5, 3, 1, 2, 3])],
    ['an object that did not come', message('\\', [255, 1, 0])],
    ['something behind its end', Buffer.concat([serialize(1), Buffer.of(0)])],
    ['another version', Buffer.from([0xff, 99, 0x30])],
    ['no bytes', Buffer.alloc(0)],
  ])('%s: a clean error', (_what, payload) => {
    const before = process.memoryUsage.rss();
    expect(() => structured.decode(payload)).toThrow(Error);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
  });
});

test.each<[string, Codec<unknown>]>([
  ['json', json],
  ['structured', structured],
])('%s alone has no way for objects', (_name, codec) => {
  const region = keep(Shm.create(null, 4096));
  expect(() => codec.encode({ region })).toThrow(errorLike({ name: 'TypeError', message: 'in a call alone' }));
});

function circle(): object {
  const object = { self: {} };
  object.self = object;
  return object;
}
