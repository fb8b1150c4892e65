/**
 * Looks through a structured value before V8 reads it. V8 believes lengths: of 20 nested arrays, each of which says that it has 33,000,000 elements and has none, it makes 5 GB,
 * and a heap that is full ends the process. So here is counted what would be allocated, and nothing passes that V8 does not write for Node: shared memory, WebAssembly, views on
 * buffers.
 *
 * The format (v8/src/objects/value-serializer.cc): a tag, then what belongs to it; containers have an opening and a closing tag, and everything between is values.
 */
import { serialize } from 'node:v8';
import { GipsError } from '../errors.js';

/** The type of a view that stands for an object; those of Node count from 0. */
export const OBJECT_TYPE = 255;

const FIRST_VERSION = 15;
const LAST_VERSION = Math.max(FIRST_VERSION, serialize(null)[1] ?? 0);

/** How much may be claimed without being there, in elements of sparse arrays, and in bytes of resizable buffers. */
const MAX_SPARSE = 2 ** 20;
const MAX_RESERVED = 2 ** 26;

const tag = (character: string): number => character.charCodeAt(0);

const PADDING = 0;
const ERROR = tag('r');

/** What follows a tag: numbers of variable length, then bytes of a fixed number. */
const SIMPLE = new Map<number, { numbers: number; bytes: number }>([
  ...[...'_0TF-yx'].map((character) => [tag(character), { numbers: 0, bytes: 0 }] as const),
  ...[...'IU^'].map((character) => [tag(character), { numbers: 1, bytes: 0 }] as const),
  ...[...'NDn'].map((character) => [tag(character), { numbers: 0, bytes: 8 }] as const),
]);

/** Opening tags with the closing one, and how many numbers follow that. */
const CONTAINERS = new Map([
  [tag('o'), { end: tag('{'), numbers: 1 }],
  [tag('A'), { end: tag('$'), numbers: 2 }],
  [tag('a'), { end: tag('@'), numbers: 2 }],
  [tag(';'), { end: tag(':'), numbers: 1 }],
  [tag("'"), { end: tag(','), numbers: 1 }],
  [ERROR, { end: tag('.'), numbers: 0 }],
]);

/** @throws GipsError `EBADMSG` */
export function checkStructured(payload: Uint8Array): void {
  new Check(payload).run();
}

class Check {
  readonly #bytes: Uint8Array;
  #position = 0;
  /** Elements that arrays say they have, of which each has a byte at least. */
  #dense = 0;
  #sparse = 0;
  #reserved = 0;
  /** The tags of the containers around. */
  readonly #open: number[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  run(): void {
    const version = this.#byte() === 0xff ? this.#byte() : 0;
    if (version < FIRST_VERSION || version > LAST_VERSION) throw refused(`it is none of the versions ${FIRST_VERSION} to ${LAST_VERSION}`);
    do {
      if (this.#open.at(-1) === ERROR && !this.#partOfError()) continue;
      this.#value(this.#tag());
    } while (this.#open.length > 0);
    if (this.#position !== this.#bytes.length) throw refused('it goes on behind its end');
  }

  /** True if a value follows. */
  #partOfError(): boolean {
    const part = this.#tag();
    if (part === tag('.')) this.#open.pop();
    else if (part === tag('m') || part === tag('s') || part === tag('c')) return true;
    else if (!'ERFSTU'.includes(String.fromCharCode(part))) throw unknown(part);
    return false;
  }

  #value(type: number): void {
    const simple = SIMPLE.get(type);
    if (simple !== undefined) {
      this.#numbers(simple.numbers);
      return this.#skip(simple.bytes);
    }
    const container = this.#open.at(-1);
    const closing = container === undefined ? undefined : CONTAINERS.get(container);
    if (closing?.end === type) {
      this.#numbers(closing.numbers);
      this.#open.pop();
    } else if (CONTAINERS.has(type)) {
      this.#open.push(type);
      if (type === tag('A')) this.#claimDense(this.#number());
      else if (type === tag('a')) this.#claimSparse(this.#number());
    } else {
      this.#rare(type);
    }
  }

  #rare(type: number): void {
    switch (String.fromCharCode(type)) {
      case '"':
      case 'c':
      case 'S':
      case 'B':
        return this.#skip(this.#number());
      case 'Z':
      case 'z':
        return this.#skip(this.#number() >>> 1);
      case 's':
        return this.#string();
      case 'R':
        this.#string();
        return this.#numbers(1);
      case '~': {
        const size = this.#number();
        this.#claimReserved(this.#number());
        return this.#skip(size);
      }
      case '\\':
        return this.#hostObject();
      default:
        throw unknown(type);
    }
  }

  #string(): void {
    const type = this.#tag();
    if (!'"cS'.includes(String.fromCharCode(type))) throw unknown(type);
    this.#skip(this.#number());
  }

  #hostObject(): void {
    if (this.#number() === OBJECT_TYPE) this.#numbers(1);
    else this.#skip(this.#number());
  }

  #claimDense(length: number): void {
    this.#dense += length;
    if (this.#dense > this.#bytes.length) throw refused('its arrays say that they have more elements than there are');
  }

  #claimSparse(length: number): void {
    this.#sparse += length;
    if (this.#sparse > MAX_SPARSE) throw refused(`its sparse arrays have more than ${MAX_SPARSE} places`);
  }

  #claimReserved(size: number): void {
    this.#reserved += size;
    if (this.#reserved > MAX_RESERVED) throw refused(`its resizable buffers may have more than ${MAX_RESERVED} bytes`);
  }

  #tag(): number {
    let type = this.#byte();
    while (type === PADDING) type = this.#byte();
    return type;
  }

  #numbers(count: number): void {
    for (let i = 0; i < count; i++) this.#number();
  }

  /** 7 bits a byte, the lowest first. */
  #number(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw refused('it has a number that is too large');
  }

  #skip(count: number): void {
    this.#position += count;
    if (this.#position > this.#bytes.length) throw refused('it ends too early');
  }

  #byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw refused('it ends too early');
    return byte;
  }
}

function unknown(type: number): GipsError {
  return refused(`it has the unknown tag ${type}`);
}

function refused(reason: string): GipsError {
  return new GipsError(`these bytes are no structured value: ${reason}`, { code: 'EBADMSG' });
}
