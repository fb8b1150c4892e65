import { busyError } from '../errors.js';

/** Who watches a source: the event loop, for good, or one poller until it gives it back. */
export class Claim {
  #poller: object | undefined = undefined;
  #isWatched = false;

  /** The event loop has it. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** A poller has it. */
  get isTaken(): boolean {
    return this.#poller !== undefined;
  }

  /** For the event loop: to be called before `watch`. */
  assertFree(what: string): void {
    if (this.isTaken) throw busyError(`Cannot use ${what} asynchronously: it is registered with a Poller; deregister it first`);
  }

  /** The event loop watches it from now on. */
  watch(): void {
    this.#isWatched = true;
  }

  /** `poller` alone watches it from now on. */
  take(poller: object, what: string): void {
    if (this.#isWatched) throw busyError(`Cannot register ${what}: it has been used asynchronously, so the event loop watches it`);
    if (this.isTaken && this.#poller !== poller) {
      throw busyError(`Cannot register ${what}: another Poller watches it; deregister it there first`);
    }
    this.#poller = poller;
  }

  /** Ends what `take` began. Does nothing for a poller that does not have it. */
  drop(poller: object): void {
    if (this.#poller === poller) this.#poller = undefined;
  }
}
