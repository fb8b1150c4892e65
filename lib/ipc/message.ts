import { Buffer } from 'node:buffer';
import type { Kind } from '../native/index.js';
import type { IpcObject } from './ipc-object.js';

const COST_OF_MESSAGE = 64;
/** What each object of a message counts besides. */
export const COST_OF_OBJECT = 4096;

/** What a message without objects counts in flow control. */
export function costOf(size: number): number {
  return COST_OF_MESSAGE + size;
}

/** What `objects` of every message without objects is. */
export const NO_OBJECTS: readonly IpcObject[] = Object.freeze([]);

/** Something received: bytes, and the objects that came with them. */
export class Message {
  /** What came with the bytes, in the sender's order. They belong to the receiver: close those you do not want. */
  readonly objects: readonly IpcObject[];

  /** @internal */
  readonly kind: Kind;
  /** @internal */
  readonly correlation: number;

  readonly #buffer: ArrayBuffer | undefined;
  readonly #offset: number;
  readonly #length: number;
  #payload: Buffer | undefined = undefined;

  private constructor(
    buffer: ArrayBuffer | undefined,
    offset: number,
    length: number,
    objects: readonly IpcObject[],
    kind: Kind,
    correlation: number,
  ) {
    this.#buffer = buffer;
    this.#offset = offset;
    this.#length = length;
    this.objects = objects;
    this.kind = kind;
    this.correlation = correlation;
  }

  /**
   * @internal
   * @param buffer where the payload lies; `undefined` for an empty one
   */
  static create(
    buffer: ArrayBuffer | undefined,
    offset: number,
    length: number,
    objects: readonly IpcObject[],
    kind: Kind,
    correlation: number,
  ): Message {
    return new Message(buffer, offset, length, objects, kind, correlation);
  }

  /**
   * The bytes: a view on received memory, not a copy, valid as long as it is referenced. Small payloads of one peer lie side by side in one `ArrayBuffer` of at
   * most 8 KiB, as small Buffers do in Node's own pool: what takes an `ArrayBuffer` away from its owner (`ArrayBuffer.prototype.transfer`, a `ReadableStream` of
   * type `'bytes'`) takes the neighbours along, so give it a copy (`Uint8Array.from(payload)`).
   */
  get payload(): Buffer {
    return (this.#payload ??= this.#buffer === undefined ? Buffer.alloc(0) : Buffer.from(this.#buffer, this.#offset, this.#length));
  }

  /** The payload as UTF-8 text. */
  text(): string {
    return this.payload.toString('utf8');
  }

  /**
   * The payload as JSON. Nothing checks that it is a `T`: it is what the peer sent.
   * @throws SyntaxError if it is no JSON
   */
  json<T>(): T {
    return JSON.parse(this.text()) as T;
  }

  /**
   * Bytes of payload.
   * @internal
   */
  get size(): number {
    return this.#length;
  }

  /**
   * What it counts in flow control.
   * @internal
   */
  get cost(): number {
    return costOf(this.#length) + COST_OF_OBJECT * this.objects.length;
  }

  /**
   * Closes the objects of a message nobody will read.
   * @internal
   */
  discard(): void {
    for (const object of this.objects) object.close();
  }
}
