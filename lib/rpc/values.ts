/** Values in a message: the arguments of a call, its result, the items of a stream. */
import { types } from 'node:util';
import { GipsError } from '../errors.js';
import type { Message } from '../ipc/message.js';
import { payloadSize, validatePayload, type Payload } from '../validate.js';
import { NestingCodec, uncodable, type Codec } from './codec.js';
import { malformed, MAX_OBJECTS } from './format.js';
import { isPassed, kindOf, revive, type Passed } from './passed.js';

const Tag = { NOTHING: 0, ENCODED: 1, OBJECT: 2, NESTED: 3 } as const;

/** One value, ready to be sent. */
export interface Encoded {
  readonly tag: number;
  /** What the codec has made of it. */
  readonly payload: Payload;
  readonly objects: readonly Passed[];
  /** In bytes, all in all. */
  readonly size: number;
}

/** How large a message may be that is kept for the sake of a small part. */
const MAX_PINNED = 8192;

const NONE: readonly Passed[] = [];

/** Throws what the codec throws, and a TypeError if that makes no bytes. */
export function encode(codec: Codec<unknown>, value: unknown): Encoded {
  if (value === undefined) return { tag: Tag.NOTHING, payload: '', objects: NONE, size: 1 };
  if (isPassed(value)) return { tag: Tag.OBJECT, payload: '', objects: [value], size: 2 };
  if (!(codec instanceof NestingCodec)) return encoded(validatePayload(codec.encode(value), 'codec.encode(value)'), NONE);
  const objects: Passed[] = [];
  const payload = codec.pack(value, objects);
  if (objects.length > MAX_OBJECTS) {
    throw new GipsError(`a value has more than ${MAX_OBJECTS} objects in it, and a message carries no more; make it several calls`, {
      code: 'EMSGSIZE',
    });
  }
  return encoded(payload, objects);
}

/** With bytes that nobody else writes: those of a codec may be the caller's. */
export function detach(value: Encoded, codec: Codec<unknown>): Encoded {
  const { payload } = value;
  return typeof payload === 'string' || codec instanceof NestingCodec ? value : { ...value, payload: Uint8Array.from(bytesIn(payload)) };
}

/** One payload for all. What is in it is copied. */
export function join(header: Uint8Array, values: readonly Encoded[]): Buffer {
  let total = header.length;
  for (const { size } of values) total += size;
  const joined = Buffer.allocUnsafe(total);
  joined.set(header);
  let offset = header.length;
  for (const value of values) offset = write(joined, offset, value);
  return joined;
}

/** Nothing rather than none: a message with a list of objects, be it empty, is sent by itself. */
export function objectsOf(values: readonly Encoded[]): readonly Passed[] | undefined {
  let all: readonly Passed[] | undefined;
  for (const { objects } of values) if (objects.length > 0) all = all === undefined ? objects : [...all, ...objects];
  return all;
}

function encoded(payload: Payload, objects: readonly Passed[]): Encoded {
  const [tag, front] = objects.length === 0 ? [Tag.ENCODED, 5] : [Tag.NESTED, 6 + objects.length];
  return { tag, payload, objects, size: front + payloadSize(payload) };
}

function write(target: Buffer, start: number, { tag, payload, objects, size }: Encoded): number {
  let offset = target.writeUInt8(tag, start);
  if (tag === Tag.NESTED) offset = target.writeUInt8(objects.length, offset);
  for (const object of objects) offset = target.writeUInt8(kindOf(object), offset);
  if (tag !== Tag.ENCODED && tag !== Tag.NESTED) return offset;
  const end = start + size;
  offset = target.writeUInt32LE(end - offset - 4, offset);
  if (typeof payload === 'string') target.write(payload, offset);
  else target.set(wholly(bytesIn(payload), end - offset), offset);
  return end;
}

function bytesIn(payload: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (types.isUint8Array(payload)) return payload;
  return ArrayBuffer.isView(payload) ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength) : new Uint8Array(payload);
}

/** What is not written would be bytes of somebody else. */
function wholly(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw uncodable('its memory has changed while the values behind it were encoded');
  return bytes;
}

/** The values of a received message, one by one. */
export class Values {
  readonly #message: Message;
  readonly #payload: Buffer;
  readonly #codec: Codec<unknown>;
  readonly #given: Passed[] = [];
  #offset: number;
  #objects = 0;

  /** @param offset where the first one begins */
  constructor(message: Message, codec: Codec<unknown>, offset: number) {
    this.#message = message;
    this.#payload = message.payload;
    this.#codec = codec;
    this.#offset = offset;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#payload.length;
  }

  get isHalfTaken(): boolean {
    return 2 * this.#offset >= this.#payload.length;
  }

  /** Throws what the codec throws, `EBADMSG` for what is no value, and what an object is refused with; its objects are closed then. */
  next(): unknown {
    const before = this.#given.length;
    try {
      return this.#read();
    } catch (error) {
      for (const object of this.#given.splice(before)) object.close();
      throw error;
    }
  }

  /** All that are left. */
  rest(): unknown[] {
    const values: unknown[] = [];
    while (!this.isAtEnd) values.push(this.next());
    this.closeRest();
    return values;
  }

  /** Closes the objects that have not been given. */
  closeRest(): void {
    const { objects } = this.#message;
    for (let i = this.#objects; i < objects.length; i++) objects[i]?.close();
  }

  /** Closes all objects, those included that nobody will get though they have been given. */
  discard(): void {
    this.#message.discard();
    for (const object of this.#given) object.close();
  }

  #read(): unknown {
    const tag = this.#byte();
    switch (tag) {
      case Tag.NOTHING:
        return undefined;
      case Tag.OBJECT:
        return this.#object(this.#byte());
      case Tag.ENCODED:
        return this.#codec.decode(this.#bytes());
      case Tag.NESTED:
        return this.#nested();
      default:
        throw malformed(`there is no tag ${tag}`);
    }
  }

  #nested(): unknown {
    const kinds = Array.from({ length: this.#byte() }, () => this.#byte());
    const payload = this.#bytes();
    if (!(this.#codec instanceof NestingCodec)) throw malformed('this codec has no objects in its values');
    return this.#codec.unpack(
      payload,
      kinds.map((kind) => this.#object(kind)),
    );
  }

  #object(kind: number): Passed {
    const object = this.#message.objects[this.#objects];
    if (object === undefined) throw malformed('an object is missing');
    const passed = revive(object, kind);
    this.#objects += 1;
    this.#given.push(passed);
    return passed;
  }

  #bytes(): Buffer {
    const start = this.#offset + 4;
    if (start > this.#payload.length) throw malformed('a value ends too early');
    const end = start + this.#payload.readUInt32LE(this.#offset);
    if (end > this.#payload.length) throw malformed('a value ends too early');
    this.#offset = end;
    const bytes = this.#payload.subarray(start, end);
    return this.#codec instanceof NestingCodec || this.#isWorthKeeping(bytes) ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  }

  /** A small value that the user keeps is not to keep a large message. */
  #isWorthKeeping(bytes: Buffer): boolean {
    return this.#payload.length <= MAX_PINNED || 2 * bytes.length >= this.#payload.length;
  }

  #byte(): number {
    const byte = this.#payload[this.#offset];
    if (byte === undefined) throw malformed('a value ends too early');
    this.#offset += 1;
    return byte;
  }
}
