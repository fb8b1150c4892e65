/** Time limits of the blocking forms. */
import { SLICE_MS } from '../poll/source.js';

/** A moment after which an operation gives up. */
export class Deadline {
  readonly timeout: number;
  readonly #end: number;

  /** @param timeout in ms from now, `Infinity` for never */
  constructor(timeout: number) {
    this.timeout = timeout;
    this.#end = timeout === Infinity ? Infinity : performance.now() + timeout;
  }

  get hasPassed(): boolean {
    return this.remaining <= 0;
  }

  /** Milliseconds left, never negative. */
  get remaining(): number {
    return this.#end === Infinity ? Infinity : Math.max(this.#end - performance.now(), 0);
  }

  /** How long the next native call may wait: whole milliseconds, rounded up so that the last one does not spin. */
  get slice(): number {
    return Math.ceil(Math.min(this.remaining, SLICE_MS));
  }
}

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for `ms`. */
export function sleepSync(ms: number): void {
  Atomics.wait(neverNotified, 0, 0, ms);
}
