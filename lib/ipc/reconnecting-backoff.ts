import { MAX_TIMEOUT, validateInteger, validateNumber, validateObject } from '../validate.js';

/** How long to wait between attempts to reach a server again. Half of every pause is left to chance, so that the clients of one server do not come back all at once. */
export interface Backoff {
  /**
   * The first pause, in ms: 1 to 2³¹ - 1.
   * @default 10
   */
  initial?: number | undefined;
  /**
   * The longest pause, in ms: `initial` to 2³¹ - 1. A connection that has lasted as long has the pauses begin anew.
   * @default 1000
   */
  max?: number | undefined;
  /**
   * How many times longer each pause is than the one before: 1 to 100.
   * @default 2
   */
  factor?: number | undefined;
}

const MAX_FACTOR = 100;

/** The pauses between attempts: longer and longer ones. */
export class Pauses {
  readonly #initial: number;
  readonly #max: number;
  readonly #factor: number;
  #next: number;

  constructor(value: unknown = {}) {
    const { initial = 10, max = Math.max(1000, initial as number), factor = 2 } = validateObject(value, 'options.backoff');
    this.#initial = validateInteger(initial, 'options.backoff.initial', 1, MAX_TIMEOUT);
    this.#max = validateInteger(max, 'options.backoff.max', this.#initial, MAX_TIMEOUT);
    this.#factor = validateNumber(factor, 'options.backoff.factor', 1, MAX_FACTOR);
    this.#next = this.#initial;
  }

  /** In ms. */
  next(): number {
    const pause = this.#next;
    this.#next = Math.min(pause * this.#factor, this.#max);
    return (pause * (1 + Math.random())) / 2;
  }

  /** A connection has ended that was there for `ms`. */
  onEnd(ms: number): void {
    if (ms >= this.#max) this.#next = this.#initial;
  }
}
