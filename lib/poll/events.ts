/** What `Poller.poll` reports: a reusable list of events, and the numbers in them. */
import { Readiness } from '../native/binding.js';
import { validateInteger } from '../validate.js';

/** Names one registration with a `Poller`. Registrations count from 1, and a token is never used again. */
export type Token = number;
export const Token = {
  /** The token of events that come from `Poller.wake` or a `Waker`. */
  WAKER: 0,
} as const;

/** What to watch a source for, and what it turned out to be ready for. */
export type Interest = number;
export const Interest = {
  /** Something can be received or accepted. */
  READABLE: Readiness.READABLE,
  /** Something can be sent. */
  WRITABLE: Readiness.WRITABLE,
  /** Either of the two. */
  BOTH: 3,
} as const;

/** One source that is ready. */
export interface PollEvent {
  /** What `register` returned for the source, or `Token.WAKER`. */
  readonly token: Token;
  /** What the source is ready for, of what it was registered for. */
  readonly interest: Interest;
  /** Something can be received or accepted, or an end or an error is to be learnt. */
  readonly isReadable: boolean;
  /** Something can be sent. */
  readonly isWritable: boolean;
  /** True for an event that comes from `Poller.wake` or a `Waker`, however often that was called. */
  readonly fromWaker: boolean;
}

const DEFAULT_CAPACITY = 1024;
const MAX_CAPACITY = 2 ** 24;

/**
 * Replaces the contents of `events` by `ready`, which is in the order of tokens. If that is more than the capacity, it starts behind the token
 * `after` and wraps round, so that every ready source has its turn.
 * @returns the last token reported, to be passed as `after` the next time
 */
export let fillEvents: (events: Events, ready: readonly PollEvent[], after: Token) => Token;

/** Where `Poller.poll` puts what is ready. Meant to be reused from one `poll` to the next. */
export class Events implements Iterable<PollEvent> {
  readonly #capacity: number;
  #items: readonly PollEvent[] = [];

  static {
    fillEvents = (events, ready, after) => {
      events.#items = ready.length <= events.#capacity ? ready : takeTurn(ready, after, events.#capacity);
      return events.#items.at(-1)?.token ?? after;
    };
  }

  /** @param capacity the most events one `poll` reports, 1024 by default; what is ready beyond it is reported by the next one */
  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = validateInteger(capacity, 'capacity', 1, MAX_CAPACITY);
  }

  /** How many events there are. */
  get length(): number {
    return this.#items.length;
  }

  /** Whether the last `poll` has found nothing. */
  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Drops the events; `poll` does so by itself. */
  clear(): void {
    this.#items = [];
  }

  /** The events, in the order of their registrations. */
  [Symbol.iterator](): Iterator<PollEvent> {
    return this.#items[Symbol.iterator]();
  }
}

function takeTurn(ready: readonly PollEvent[], after: Token, count: number): PollEvent[] {
  const start = Math.max(
    ready.findIndex((event) => event.token > after),
    0,
  );
  return [...ready.slice(start, start + count), ...ready.slice(0, Math.max(0, start + count - ready.length))];
}
