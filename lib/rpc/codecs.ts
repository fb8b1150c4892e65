import type { Payload } from '../validate.js';
import { bytes } from './bytes.js';
import type { Codec } from './codec.js';
import { json } from './json.js';
import { structured } from './structured.js';

/** What arguments, results and items of streams can be, and how they travel. */
export const codecs: {
  /** Bytes (and strings, as UTF-8), as they are; they arrive as a `Buffer`. */
  readonly bytes: {
    /** @returns the payload itself */
    decode(payload: Buffer): Buffer;
  } & Codec<Payload>;
  /** What JSON can say, by its rules: `undefined` and functions are left out of objects, a `Date` becomes a string, a BigInt is a `TypeError`. */
  readonly json: Codec<unknown>;
  /**
   * What `structuredClone` can copy, as `node:v8` writes it: also cyclic objects, `Map`, `Set`, `Date`, BigInt, errors and views; each view has bytes of its own, and a Buffer stays one. Sparse arrays with more than 2²⁰
   * places, and resizable buffers of more than 64 MiB, are refused by who receives them.
   */
  readonly structured: Codec<unknown>;
} = Object.freeze({ bytes, json, structured });
