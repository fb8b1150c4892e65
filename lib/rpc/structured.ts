/** The codec `structured`: Node's `v8.serialize`, and objects in place of views of a type that Node does not know. */
import { types } from 'node:util';
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { GipsError } from '../errors.js';
import { NestingCodec, uncodable } from './codec.js';
import { isPassed, mayHoldPassed, type Passed } from './passed.js';
import { checkStructured, OBJECT_TYPE } from './structured-check.js';
import { NOT_SIMPLE, readSimple, writeSimple } from './structured-simple.js';

class StructuredCodec extends NestingCodec {
  override pack(value: unknown, objects: Passed[]): Buffer {
    const simple = writeSimple(value);
    if (simple !== undefined) return simple;
    const writer = new Writer();
    writer.writeHeader();
    writer.writeValue(mayHoldPassed(value) ? writer.substitute(value, objects) : value);
    return writer.releaseBuffer();
  }

  override unpack(payload: Buffer, objects: readonly Passed[]): unknown {
    const simple = objects.length === 0 ? readSimple(payload) : NOT_SIMPLE;
    if (simple !== NOT_SIMPLE) return simple;
    checkStructured(payload);
    const reader = new Reader(payload, objects);
    reader.readHeader();
    const value: unknown = reader.readValue();
    reader.checkAllUsed();
    return value;
  }
}

export const structured: NestingCodec = new StructuredCodec();

/** What Node's class has beside its documented methods. */
const base = DefaultSerializer.prototype as unknown as { _writeHostObject(this: DefaultSerializer, view: ArrayBufferView): void };

class Writer extends DefaultSerializer {
  /** Views that stand for objects. */
  #places: Map<ArrayBufferView, number> | undefined = undefined;

  /** The value with views in place of its objects: what it is made of is copied, and what is in that is not. */
  substitute(value: unknown, objects: Passed[]): unknown {
    const places = (this.#places = new Map<ArrayBufferView, number>());
    const copies = new Map<unknown, unknown>();
    const remember = <T>(original: object, copy: T): T => {
      copies.set(original, copy);
      return copy;
    };
    const copyOf = (original: unknown): unknown => {
      if (typeof original !== 'object' || original === null || isIndivisible(original)) return original;
      if (copies.has(original)) return copies.get(original);
      if (isPassed(original)) {
        const place = remember(original, new Uint8Array(0));
        places.set(place, objects.push(original) - 1);
        return place;
      }
      if (types.isMap(original)) {
        const copy = remember(original, new Map<unknown, unknown>());
        for (const [key, child] of original) copy.set(copyOf(key), copyOf(child));
        return copy;
      }
      if (types.isSet(original)) {
        const copy = remember(original, new Set<unknown>());
        for (const child of original) copy.add(copyOf(child));
        return copy;
      }
      const copy = remember<object>(original, Array.isArray(original) ? Object.assign([], { length: original.length }) : {});
      for (const [key, child] of Object.entries(original)) {
        Object.defineProperty(copy, key, { value: copyOf(child), enumerable: true, configurable: true, writable: true });
      }
      return copy;
    };
    return copyOf(value);
  }

  _getSharedArrayBufferId(): never {
    throw uncodable('a SharedArrayBuffer is for the threads of one process; use a Shm');
  }

  _writeHostObject(view: ArrayBufferView): void {
    const place = this.#places?.get(view);
    if (place === undefined) return base._writeHostObject.call(this, view);
    this.writeUint32(OBJECT_TYPE);
    this.writeUint32(place);
  }
}

Object.defineProperty(Writer.prototype, '_getDataCloneError', { value: uncodable });

/** Made of more than its properties. */
function isIndivisible(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    types.isNativeError(value) ||
    types.isPromise(value) ||
    types.isGeneratorObject(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value)
  );
}

type ViewClass = new (memory: ArrayBuffer) => ArrayBufferView;

/** The classes of views in the order of Node's numbers. */
const VIEWS: readonly (ViewClass | undefined)[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  DataView,
  Buffer,
  BigInt64Array,
  BigUint64Array,
  (globalThis as { Float16Array?: ViewClass }).Float16Array,
];

class Reader extends DefaultDeserializer {
  readonly #objects: readonly Passed[];
  readonly #used = new Set<Passed>();

  constructor(payload: Buffer, objects: readonly Passed[]) {
    super(payload);
    this.#objects = objects;
  }

  checkAllUsed(): void {
    if (this.#used.size !== this.#objects.length) throw refused('has objects without a place in it');
  }

  /** Gives each view memory of its own: Node's method gives views on what was received, where other messages lie beside. */
  _readHostObject(): unknown {
    const type = this.readUint32();
    if (type === OBJECT_TYPE) return this.#object(this.readUint32());
    const raw = this.readRawBytes(this.readUint32());
    const View = VIEWS[type];
    if (View === undefined) throw refused(`has a view of the unknown type ${type}`);
    const memory = new Uint8Array(raw).buffer;
    return View === Buffer ? Buffer.from(memory) : new View(memory);
  }

  #object(index: number): Passed {
    const object = this.#objects[index];
    if (object === undefined) throw refused('has a place for an object that did not come');
    this.#used.add(object);
    return object;
  }
}

function refused(reason: string): GipsError {
  return new GipsError(`the structured value ${reason}`, { code: 'EBADMSG' });
}
