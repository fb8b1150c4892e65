import { closedError, type GipsError, invalidArgType, outOfRange, systemError, unsupportedError } from '../errors.js';
import { descriptorOf, IpcObject, wrap } from '../ipc/ipc-object.js';
import { errnoOf, type NativeDescriptor, type NativeRegion } from '../native/index.js';
import {
  type CallOptions,
  type Payload,
  validateBoolean,
  validateFunction,
  validateInteger,
  validateObject,
  bytesOf,
  validatePayload,
} from '../validate.js';
import { type Header, readHeader } from './header.js';
import { refusedError } from './refusals.js';
import { adoptRegion, createRegion, openRegion, unlinkRegion } from './regions.js';
import type { ShmSize } from './sizes.js';
import { type WaitResult, Waits } from './waiting.js';
import { guardZlib } from './zlib-guard.js';

export type { ShmSize } from './sizes.js';
export type { WaitResult } from './waiting.js';

const EBADF = errnoOf('EBADF');

/** A class of views on bytes: `Int32Array`, `Float64Array`, … */
export interface TypedArrayConstructor<T> {
  /** The size of one element. */
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** The descriptor of an open region, which keeps it. */
export let descriptorOfRegion: (shm: Shm) => NativeDescriptor;

/** The waits of a region. */
export let waitsOf: (shm: Shm) => Waits;

/**
 * A region of memory that several processes see at once: what one writes, all others read, without a copy. It gets to another process in a
 * message, as one of its objects, or by its name.
 *
 * It is open until `close()`; one that is garbage-collected is closed too. Closing takes its memory away from every view of it, which then has
 * no bytes any more; so do `resize` and `remap`.
 */
export class Shm implements Disposable {
  /** The name it was created or opened with, as it was given; `null` if it has none, or is not known here by one. */
  readonly name: string | null;

  readonly #region: NativeRegion;
  readonly #descriptor: NativeDescriptor;
  readonly #waits: Waits;
  #bytes: Uint8Array<ArrayBuffer> | undefined = undefined;

  private constructor(region: NativeRegion, name: string | null) {
    this.name = name;
    this.#region = region;
    this.#descriptor = region.takeDescriptor();
    this.#waits = new Waits(region, describe(name));
  }

  static {
    descriptorOfRegion = (shm) => {
      shm.#requireOpen();
      return shm.#descriptor;
    };
    waitsOf = (shm) => shm.#waits;
  }

  /**
   * Makes a region full of zeros. All of its memory is reserved at once.
   * @param name 1 to 30 bytes, with or without a slash in front; no other slash. Processes of the same user can `open` it, until `unlink`, or
   *   a restart of the system, removes the name. `null` for a region that goes to others in messages alone, and vanishes with the last that has it
   * @param size bytes, or `{ size, maxSize }` for a region that can grow: `maxSize` are reserved, `size` are usable
   * @throws TypeError, RangeError for a name or size that cannot be
   * @throws GipsError `EEXIST` if there is such a name, `EAGAIN` if there is too little memory (`errno`: `ENOMEM`, `ENOSPC` of /dev/shm) or
   *   too few descriptors
   */
  static create(name: string | null, size: number | ShmSize): Shm {
    return new Shm(createRegion(name, size), name);
  }

  /**
   * Opens the region of this name. A name cannot protect the memory behind it, so it must belong to this user (or root), and nobody else may be
   * able to write it.
   * @throws GipsError `ENOENT` if there is none, `EACCES` if it is not this user's alone, `EINVAL` if it is no region
   */
  static open(name: string): Shm {
    return new Shm(openRegion(name), name);
  }

  /**
   * The region that an object received from another process stands for. Consumes the object.
   * @param options `allowUnsealed`: takes memory that its other owners can make smaller. Where one does, this process crashes on its next touch,
   *   so this says that they are all trusted. The regions of this library are sealed, unless they have a name.
   * @throws GipsError `EINVAL` if it is no region, or not sealed; `EAGAIN` for a lack of memory. The object stays as it was
   */
  static from(object: IpcObject, options: { allowUnsealed?: boolean | undefined } = {}): Shm {
    if (!(object instanceof IpcObject)) throw invalidArgType('object', 'an instance of IpcObject', object);
    const { allowUnsealed } = validateObject(options, 'options');
    const isTrusted = allowUnsealed === undefined ? false : validateBoolean(allowUnsealed, 'options.allowUnsealed');
    return new Shm(adoptRegion(descriptorOf(object), isTrusted), null);
  }

  /** Bytes usable now, in this process: what `bytes` has. Another process's `resize` is seen after `remap`. */
  get size(): number {
    this.#requireOpen();
    return this.#region.size;
  }

  /** Bytes that are reserved, and `resize` can make usable. */
  get maxSize(): number {
    this.#requireOpen();
    return this.#region.maxSize;
  }

  /** What all processes that have the region see in front of its bytes, at this moment. */
  get header(): Header {
    this.#requireOpen();
    return readHeader(this.#region);
  }

  /**
   * The memory itself, `size` bytes. The same object until `close`, `resize` or `remap`, after which it has none.
   * @throws GipsError `ERR_GIPS_UNSUPPORTED` where the runtime allows no views on foreign memory (Electron): `read` and `write` copy there
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    const buffer = this.#buffer();
    if (this.#bytes?.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  /**
   * The memory as numbers: `Atomics` on `view(Int32Array)` work across processes.
   * @param type `Int32Array`, `Float64Array`, …
   * @param byteOffset where it begins, a multiple of the element's size; 0 by default
   * @param length in elements; by default as many as there are
   * @throws GipsError as `bytes`
   */
  view<T>(type: TypedArrayConstructor<T>, byteOffset = 0, length?: number): T {
    const elementSize = validateInteger(validateType(type).BYTES_PER_ELEMENT, 'type.BYTES_PER_ELEMENT', 1, 64);
    const { size } = this;
    const start = validateInteger(byteOffset, 'byteOffset', 0, size);
    if (start % elementSize !== 0) throw outOfRange('byteOffset', `a multiple of ${elementSize}`, byteOffset);
    const available = Math.floor((size - start) / elementSize);
    const count = length === undefined ? available : validateInteger(length, 'length', 0, available);
    return new type(this.#buffer(), start, count);
  }

  /**
   * Copies bytes into the region, also from a view of this very memory. A string is written as UTF-8, and may end within a character.
   * @param offset where to, in bytes; 0 by default
   * @returns how many bytes were written: fewer than given at the end of the region, 0 beyond it
   */
  write(data: Payload, offset = 0): number {
    const start = validateInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER);
    const written = this.#region.write(bytesOf(validatePayload(data, 'data')), start);
    if (written === EBADF) throw this.#closed();
    return written;
  }

  /**
   * A view of a part of the region, not a copy (but see `bytes`).
   * @param offset where it begins, in bytes; 0 by default
   * @param size at most so many bytes; by default up to the end
   * @returns fewer bytes at the end of the region, none beyond it
   */
  read(offset = 0, size?: number): Buffer {
    const start = validateInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER);
    const wanted = size === undefined ? Infinity : validateInteger(size, 'size', 0, Number.MAX_SAFE_INTEGER);
    const length = Math.max(0, Math.min(wanted, this.size - start));
    if (length === 0) return Buffer.alloc(0);
    guardZlib();
    const buffer = this.#region.buffer();
    return typeof buffer === 'number' ? this.#copy(start, length) : Buffer.from(buffer, start, length);
  }

  /**
   * Makes more or fewer bytes usable, for all processes (the others see it after `remap`). What the memory holds stays. Takes the memory away
   * from every view made before.
   * @param size 1 to `maxSize`
   * @returns the new size
   */
  resize(size: number): number {
    this.#region.resize(validateInteger(size, 'size', 1, this.maxSize));
    return this.size;
  }

  /**
   * Takes over the size that another process has given the region. Takes the memory away from every view made before.
   * @throws GipsError `EINVAL` if the header says what cannot be, which leaves everything as it was
   */
  remap(): void {
    this.#requireOpen();
    if (!this.#region.remap()) throw refusedError('take over the size of a region', 'header');
  }

  /**
   * An object that stands for this memory, to be sent or kept. It outlives the region, which stays open.
   * @throws GipsError `EAGAIN` if there are too many descriptors
   */
  toObject(): IpcObject {
    const descriptor = descriptorOfRegion(this).duplicate();
    if (typeof descriptor === 'number') throw systemError(descriptor, 'fcntl', 'duplicate the descriptor of a region');
    return wrap(descriptor);
  }

  /**
   * Waits for `notify` of any process on an int32 of the region, if it is `expected`: to be called after having read it, so that no change in
   * between is missed. Whoever changes the number has to notify. Each pending wait has a thread of its own (not one of Node's pool), and keeps
   * the process alive.
   * @param byteOffset where, a multiple of 4
   * @param expected what the int32 is if there is something to wait for
   * @param options `timeout` in ms: resolves with `'timed-out'`; `signal`: rejects with its reason
   * @returns `'ok'` when notified, `'not-equal'` if the number is another
   * @throws GipsError `EAGAIN` if there can be no more threads; `ERR_GIPS_CLOSED` when the region is closed
   */
  async wait(byteOffset: number, expected: number, options?: CallOptions): Promise<WaitResult> {
    return await this.#waits.wait(byteOffset, expected, options);
  }

  /**
   * As `wait`, but blocks this thread.
   * @param timeout ms
   */
  waitSync(byteOffset: number, expected: number, timeout?: number): WaitResult {
    return this.#waits.waitSync(byteOffset, expected, timeout);
  }

  /**
   * Wakes those who wait on an int32 of the region, in whatever process.
   * @param byteOffset where, a multiple of 4
   * @param count how many at most; by default all
   * @returns how many were woken
   */
  notify(byteOffset: number, count = Infinity): number {
    return this.#waits.notify(byteOffset, count);
  }

  /**
   * Removes the name: nobody can open the region by it any more, and it can be used for another. Does nothing where there is no name, or where it
   * has become that of another region. Whoever has the region keeps it.
   * @throws GipsError `EACCES` if the name may not be removed
   */
  unlink(): void {
    this.#requireOpen();
    if (this.name === null) return;
    unlinkRegion(this.name, this.#descriptor);
  }

  /**
   * Takes the memory away from every view of it, and gives it back to the system if nobody else has it. An operation that still works on it
   * (zlib, crypto, fs) reads zeros, and what it writes is lost. The name, if there is one, stays. Pending waits reject, and the next owner of a
   * lock that was held learns of it as of a death.
   */
  close(): void {
    this.#waits.close();
    this.#bytes = undefined;
    this.#region.close();
    this.#descriptor.close();
  }

  /** `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #buffer(): ArrayBuffer {
    this.#requireOpen();
    guardZlib();
    const buffer = this.#region.buffer();
    if (typeof buffer !== 'number') return buffer;
    if (buffer === errnoOf('ENOMEM')) throw systemError(buffer, 'mmap', 'look at a region');
    throw unsupportedError('views on shared memory are not allowed by this runtime; use read() and write(), which copy');
  }

  #copy(offset: number, length: number): Buffer {
    const copy = this.#region.copy(offset, length);
    if (typeof copy === 'number') throw systemError(copy, 'mmap', `copy ${length} bytes out of a region`);
    return copy;
  }

  #requireOpen(): void {
    if (!this.#descriptor.isOpen) throw this.#closed();
  }

  #closed(): GipsError {
    return closedError(describe(this.name));
  }
}

function validateType<T>(type: TypedArrayConstructor<T>): TypedArrayConstructor<T> {
  validateFunction(type, 'type');
  return type;
}

function describe(name: string | null): string {
  return name === null ? 'the Shm' : `Shm "${name}"`;
}
