import { MAX_TIMEOUT } from '../validate.js';
import { Waiter } from './waiter.js';

/** Waiting for the clients of a listener to leave. */
export class Draining {
  readonly #over = new Waiter<void>();

  /** Resolves after `end()`, or when `ms` have passed. Keeps the process alive meanwhile: the listening socket, which would, is closed. */
  async wait(ms: number): Promise<void> {
    const timer = setInterval(() => ms !== Infinity && this.end(), Math.min(ms, MAX_TIMEOUT));
    await this.#over.promise;
    clearInterval(timer);
  }

  /** The last one has left, or the others may stay no longer. */
  end(): void {
    this.#over.resolve();
  }
}
