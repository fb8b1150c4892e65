import type { Payload } from '../validate.js';
import { invalidArgType } from '../errors.js';
import { validateFunction, validateObject } from '../validate.js';
import type { Passed } from './passed.js';

/**
 * How values become bytes and bytes values: each argument, each result and each item of a stream by itself. `undefined` is never asked for, and neither are `Shm` and
 * `IpcObject` themselves: these travel whatever the codec. Both sides of a call must have the same one.
 * @example
 * const msgpack: Codec<unknown> = { encode: (value) => pack(value), decode: (payload) => unpack(payload) };
 */
export interface Codec<T> {
  /** What it throws fails the call, before anything is sent. */
  encode(value: T): Payload;
  /** The bytes come from the other side and may be anything: what is no value should throw, which fails the call. */
  decode(payload: Buffer): T;
}

/** A codec that knows what to do with objects inside of a value. */
export abstract class NestingCodec implements Codec<unknown> {
  encode(value: unknown): Payload {
    const objects: Passed[] = [];
    const payload = this.pack(value, objects);
    if (objects.length > 0) throw uncodable('an IpcObject or a Shm travels in a call alone');
    return payload;
  }

  decode(payload: Buffer): unknown {
    return this.unpack(payload, []);
  }

  /** As `encode`. The objects in the value are appended to `objects`. */
  abstract pack(value: unknown, objects: Passed[]): Payload;

  /** As `decode`, with the objects for the places where they were; each of them is used, or it throws. */
  abstract unpack(payload: Buffer, objects: readonly Passed[]): unknown;
}

export function validateCodec(options: Record<string, unknown>): Codec<unknown> {
  const codec = options['codec'];
  if (codec === undefined) throw invalidArgType('options.codec', 'a Codec, such as codecs.structured', codec);
  const { encode, decode } = validateObject(codec, 'options.codec');
  validateFunction(encode, 'options.codec.encode');
  validateFunction(decode, 'options.codec.decode');
  return codec as Codec<unknown>;
}

/** For a value that a codec of ours has no bytes for. */
export function uncodable(reason: string): TypeError & { code: string } {
  return Object.assign(new TypeError(`The value cannot be encoded: ${reason}`), { code: 'ERR_INVALID_ARG_VALUE' });
}
