/**
 * Puts one property of the codecs to the test, with values of this realm: in that of jest the classes of V8 are others. Fails with the counterexample.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { codecs } from '../../dist/index.js';
import { argument } from './talk.mjs';

const { json, structured } = codecs;

/** Everything that can be cloned: also in each other, twice in the same value, and in a circle. */
const cloneable = fc
  .anything({
    maxDepth: 4,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  })
  .chain((value) =>
    fc.constantFrom(
      value,
      [value, value],
      new Map([[value, new Set([value])]]),
      { buffer: Buffer.from('abc'), value, view: new DataView(new ArrayBuffer(3)) },
      new RangeError('reason', { cause: value }),
      /x+/giu,
      circle(value),
    ),
  )
  .filter((value) => value !== undefined);

/** @param {unknown} value */
function circle(value) {
  const object = { value, self: /** @type {unknown} */ (undefined) };
  object.self = [object];
  return object;
}

const valid = cloneable.map((value) => serialize(value));

/** Bytes that are nearly right: some of a valid value are replaced, inserted or left out. */
const damaged = fc
  .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat({ max: 2 })), { maxLength: 6 }))
  .map(([bytes, changes]) => {
    const list = [...bytes];
    for (const [at, byte, kind] of changes) list.splice(2 + (at % list.length), kind, ...(kind === 2 ? [] : [byte]));
    return Buffer.from(list);
  });

/** Tags of V8's format with any numbers. */
const tags = fc
  .array(fc.oneof(fc.constantFrom(...Buffer.from(`_0TF-yxIU^NDnoAa;'r{$@:,."cSZzsRB~\\VuwptemCE`)), fc.nat({ max: 255 })), {
    maxLength: 60,
  })
  .map((bytes) => Buffer.from([0xff, 15, ...bytes]));

/** @param {{ decode(bytes: Buffer): unknown }} codec @param {Buffer} bytes */
function decodesOrThrows(codec, bytes) {
  try {
    codec.decode(bytes);
  } catch (error) {
    assert.ok(error instanceof Error, 'no error was thrown');
    assert.notEqual(error.message, '');
  }
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((list) => Buffer.from(list));

const properties = {
  'json survives': fc.property(fc.jsonValue({ noUnicodeString: false }), (value) =>
    assert.deepEqual(json.decode(Buffer.from(json.encode(value))), JSON.parse(JSON.stringify(value))),
  ),
  'structured survives': fc.property(cloneable, (value) => {
    // Of a few values Node itself says that no copy is like them: a set with an invalid date.
    fc.pre(isDeepStrictEqual(structuredClone(value), value));
    assert.deepEqual(structured.decode(structured.encode(value)), value);
  }),
  'any bytes as json': fc.property(bytes, (payload) => decodesOrThrows(json, payload)),
  'any bytes as structured': fc.property(fc.oneof(bytes, damaged, tags), (payload) => decodesOrThrows(structured, payload)),
};

void fc.assert(properties[argument.property], { numRuns: argument.runs });
