/** A caller who waits for something: one Promise with its time limit and its signal, and the queue such callers stand in. */
import type { CallLimits } from '../validate.js';

type Resolve<T> = (value: T) => void;
type Reject = (reason: unknown) => void;

let lastResolve: Resolve<never> | undefined;
let lastReject: Reject | undefined;

/** One executor for all Promises: a closure for each would cost more than the Promise itself. */
function captureSettlers(resolve: Resolve<never>, reject: Reject): void {
  lastResolve = resolve;
  lastReject = reject;
}

/** What a `WaitQueue` can hold; the links are the queue's own. */
class Queued {
  queue: { remove(queued: Queued): void } | undefined = undefined;
  previous: Queued | undefined = undefined;
  next: Queued | undefined = undefined;
}

/** Throws the signal's reason if it is aborted. It need not be a real `AbortSignal`: see `validateCallOptions`. */
export function throwIfAborted({ signal }: Pick<CallLimits, 'signal'>): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** A Promise settled from outside, at most once. */
export class Waiter<T> extends Queued {
  readonly promise: Promise<T>;
  readonly #resolve: Resolve<T>;
  readonly #reject: Reject;
  #limits: Limits | undefined = undefined;

  constructor() {
    super();
    this.promise = new Promise<T>(captureSettlers as never);
    this.#resolve = lastResolve as Resolve<T>;
    this.#reject = lastReject as Reject;
    // They would keep the Promise, and what it resolves with, alive.
    lastResolve = lastReject = undefined;
  }

  /**
   * Ends the wait when `limits` say so; the waiter has then left its queue.
   * @param timedOut makes the error for a passed timeout
   * @param abandoned called after the waiter was rejected for either reason
   */
  limit(limits: CallLimits, timedOut: () => Error, abandoned?: () => void): void {
    if (limits.signal === undefined && limits.timeout === Infinity) return;
    this.#limits = new Limits(limits, (error = timedOut()) => {
      this.reject(error);
      abandoned?.();
    });
  }

  resolve(value: T): void {
    this.#leave();
    this.#resolve(value);
  }

  reject(reason: unknown): void {
    this.#leave();
    this.#reject(reason);
  }

  #leave(): void {
    this.queue?.remove(this);
    this.#limits?.end();
  }
}

/** A timer and an abort listener that end together. */
class Limits {
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #passed: (reason?: unknown) => void;

  /** @param passed called with the signal's reason, or with nothing when the time is over */
  constructor({ signal, timeout }: CallLimits, passed: (reason?: unknown) => void) {
    this.#signal = signal;
    this.#passed = passed;
    signal?.addEventListener('abort', this);
    // What is waited for keeps the process alive, or was told not to: its time limit must not.
    if (timeout !== Infinity) this.#timer = setTimeout(passed, timeout).unref();
  }

  handleEvent(): void {
    this.#passed(this.#signal?.reason);
  }

  end(): void {
    this.#signal?.removeEventListener('abort', this);
    clearTimeout(this.#timer);
  }
}

/** First in, first out; leaving from the middle costs as little as from the front. */
export class WaitQueue<W extends Queued> {
  #first: Queued | undefined = undefined;
  #last: Queued | undefined = undefined;
  readonly #becameEmpty: (() => void) | undefined;

  /** @param becameEmpty called whenever the last waiter has left */
  constructor(becameEmpty?: () => void) {
    this.#becameEmpty = becameEmpty;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** The one who waits longest. */
  get first(): W | undefined {
    return this.#first as W | undefined;
  }

  *[Symbol.iterator](): Generator<W, void> {
    let waiter = this.#first;
    while (waiter !== undefined) {
      const { next } = waiter;
      yield waiter as W;
      waiter = next;
    }
  }

  add(waiter: W): void {
    waiter.queue = this;
    waiter.previous = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
  }

  remove(waiter: Queued): void {
    const { previous, next } = waiter;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiter.queue = waiter.previous = waiter.next = undefined;
    if (this.#first === undefined) this.#becameEmpty?.();
  }
}
