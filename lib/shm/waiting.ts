/** Waiting on numbers in shared memory, across processes. */
import { closedError, outOfRange, systemError } from '../errors.js';
import { native, WaitEnd, type NativeRegion } from '../native/index.js';
import { type CallLimits, validateCallOptions, validateInteger, validateTimeout } from '../validate.js';
import { blockOn, PendingCalls } from './calls.js';

/** How a wait has ended: it was notified, did not begin because the number was another, or had no time left. */
export type WaitResult = 'ok' | 'not-equal' | 'timed-out';

const MIN_INT32 = -(2 ** 31);
const MAX_INT32 = 2 ** 31 - 1;
const WORD_SIZE = 4;

/** The waits of one region, which have to end before its memory goes. */
export class Waits {
  readonly region: NativeRegion;
  /** The region's name in messages. */
  readonly what: string;
  readonly calls = new PendingCalls();
  #isClosed = false;

  constructor(region: NativeRegion, what: string) {
    this.region = region;
    this.what = what;
  }

  requireOpen(): void {
    if (this.#isClosed) throw closedError(this.what);
  }

  /** Where `size` bytes may lie: within the region, at a multiple of `alignment`. */
  validatePlace(byteOffset: number, size: number, alignment: number): number {
    const last = this.region.size - size;
    if (last < 0) throw outOfRange('byteOffset', `in a region of at least ${size} bytes`, byteOffset);
    const offset = validateInteger(byteOffset, 'byteOffset', 0, last);
    if (offset % alignment !== 0) throw outOfRange('byteOffset', `a multiple of ${alignment}`, byteOffset);
    return offset;
  }

  async wait(byteOffset: number, expected: number, options: unknown): Promise<WaitResult> {
    const limits = validateCallOptions(options);
    const id = this.#start(byteOffset, expected, limits, false);
    if (id === 0) return 'not-equal';
    // The addon keeps the time: who waits for a number is told, not refused, when it has passed.
    return this.#result(await this.calls.end(id, limits.signal));
  }

  waitSync(byteOffset: number, expected: number, timeout: unknown): WaitResult {
    const id = this.#start(byteOffset, expected, { signal: undefined, timeout: validateTimeout(timeout) }, true);
    return id === 0 ? 'not-equal' : this.#result(blockOn(id));
  }

  notify(byteOffset: number, count: number): number {
    this.requireOpen();
    const offset = this.validatePlace(byteOffset, WORD_SIZE, WORD_SIZE);
    const limit = count === Infinity ? MAX_INT32 : Math.min(validateInteger(count, 'count', 0, Number.MAX_SAFE_INTEGER), MAX_INT32);
    return native.notify(this.region, offset, limit);
  }

  /** Before the region is closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.calls.rejectAll(() => closedError(this.what));
  }

  #start(byteOffset: number, expected: number, { signal, timeout }: CallLimits, isBlocking: boolean): number {
    this.requireOpen();
    const offset = this.validatePlace(byteOffset, WORD_SIZE, WORD_SIZE);
    const number = validateInteger(expected, 'expected', MIN_INT32, MAX_INT32);
    signal?.throwIfAborted();
    const id = native.startWait(this.region, offset, number, timeout, isBlocking);
    if (id < 0) throw this.#failed(id);
    return id;
  }

  #result(end: number): WaitResult {
    if (end < 0) throw this.#failed(end);
    if (end === WaitEnd.WOKEN) return 'ok';
    return end === WaitEnd.TIMED_OUT ? 'timed-out' : 'not-equal';
  }

  #failed(errno: number): Error {
    return systemError(errno, 'pthread_create', `wait in ${this.what}`);
  }
}
