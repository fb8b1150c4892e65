import type { Supply } from './supply.js';
import type { Ending, IterationState } from './taker.js';

/** A hand-written iterator over a supply: a generator's step costs more than the rest of a message's way together. */
export class Iteration<T> implements AsyncIterableIterator<T, undefined>, IterationState {
  readonly description: string;
  readonly #supply: Supply<T>;
  readonly #tooLate: Ending | undefined;
  #isFinished = false;

  /**
   * @param tooLate how the supply had ended before, where beginning after that is an error
   * @param description what it is called in messages
   */
  constructor(supply: Supply<T>, tooLate: Ending | undefined, description = 'an iterator') {
    this.description = description;
    this.#supply = supply;
    this.#tooLate = tooLate;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#isFinished) return Promise.resolve({ done: true, value: undefined });
    if (this.#tooLate === undefined) return this.#supply.step(this);
    this.finish();
    return Promise.reject(this.#tooLate.error());
  }

  /** The next value, if that is there already. */
  now(): T | undefined {
    if (this.#isFinished) return undefined;
    try {
      return this.#supply.stepNow(this);
    } catch (error) {
      this.finish();
      throw error;
    }
  }

  /** Ends the iteration only: nothing is closed or lost. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#supply.dismiss(this);
    this.finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  finish(): void {
    this.#isFinished = true;
    this.#supply.leave(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
