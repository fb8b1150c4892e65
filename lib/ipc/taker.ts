/** Those who wait at a supply: a call, or one step of an iterator. */
import { Waiter } from './waiter.js';

/** Who takes: what an exclusive use of a supply is known by, and called in messages. */
export interface Taking {
  readonly description: string;
  /** Requests are taken as messages; elsewhere nobody answers them. */
  readonly takesRequests?: true;
}

/** All calls together are one use. */
export const CALLS: Taking = { description: 'calls that wait' };

/** How a supply has ended. */
export interface Ending {
  /** What calls fail with from now on. */
  readonly error: () => Error;
  /** Iterators end as if there had just been no more, instead of throwing. */
  readonly isOrderly: boolean;
  /** This side has closed it: whatever is begun after that is an error. */
  readonly isOwn?: true;
}

export interface Taker<T> {
  readonly taking: Taking;
  deliver(value: T): void;
  fail(error: unknown): void;
  end(ending: Ending): void;
}

export class CallTaker<T> extends Waiter<T> implements Taker<T> {
  readonly taking = CALLS;

  deliver(value: T): void {
    this.resolve(value);
  }

  fail(error: unknown): void {
    this.reject(error);
  }

  end({ error }: Ending): void {
    this.reject(error());
  }
}

/** An iterator, as its takers know it. */
export interface IterationState extends Taking {
  /** It gives no more values. */
  finish(): void;
}

export class IterationTaker<T> extends Waiter<IteratorResult<T, undefined>> implements Taker<T> {
  constructor(readonly taking: IterationState) {
    super();
  }

  deliver(value: T): void {
    this.resolve({ done: false, value });
  }

  fail(error: unknown): void {
    this.taking.finish();
    this.reject(error);
  }

  end({ error, isOrderly }: Ending): void {
    if (isOrderly) this.stop();
    else this.fail(error());
  }

  /** Ends this step, and the iterator, without a value. */
  stop(): void {
    this.taking.finish();
    this.resolve({ done: true, value: undefined });
  }
}
