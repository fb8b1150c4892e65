/** Values that are taken one by one, by calls or by iterators: messages of a channel, pods and connections of a listener. */
import { validateCallOptions, validateTimeout, type CallLimits } from '../validate.js';
import { Deadline } from './deadline.js';
import { Iteration } from './iteration.js';
import { CALLS, CallTaker, IterationTaker, type Ending, type IterationState, type Taker, type Taking } from './taker.js';
import { throwIfAborted, WaitQueue } from './waiter.js';

type Waiting<T> = (CallTaker<T> | IterationTaker<T>) & Taker<T>;

export abstract class Supply<T> {
  readonly #takers = new WaitQueue<Waiting<T>>(() => this.idle());

  /** Takes the next value; `undefined` when there is none now. Throws the error that stands in a value's place. */
  protected abstract next(): T | undefined;
  /** How it has ended, once nothing more will be added. What was added before can still be taken. */
  protected abstract readonly ending: Ending | undefined;
  /** Throws if `taking` is not allowed beside what goes on. */
  protected abstract begin(taking: Taking): void;
  /** Has the event loop watch for what arrives; throws if it cannot. */
  protected abstract watch(): void;
  /** Somebody waits now. */
  protected abstract busy(taking: Taking): void;
  /** Nobody waits any more. */
  protected abstract idle(): void;
  /** Lets in what has arrived at the system, without waiting. */
  protected abstract pump(): void;
  /** Blocks until `pump` may have something to do, at most `ms`. */
  protected abstract wait(ms: number): void;
  /** What a call that waited too long fails with. */
  protected abstract timedOut(ms: number): Error;
  /** An iterator has ended. */
  abstract leave(iteration: Taking): void;

  take(options: unknown): Promise<T> {
    try {
      const limits = validateCallOptions(options);
      throwIfAborted(limits);
      this.begin(CALLS);
      this.watch();
      const value = this.#takeNow() ?? (limits.timeout === 0 ? this.#takeArrived() : undefined);
      if (value !== undefined) return Promise.resolve(value);
      if (limits.timeout === 0) throw this.timedOut(0);
      return this.#takeLater(limits);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  takeSync(timeout: unknown): T {
    const deadline = new Deadline(validateTimeout(timeout));
    for (;;) {
      const value = this.tryTake();
      if (value !== null) return value;
      if (deadline.hasPassed) throw this.timedOut(deadline.timeout);
      this.wait(deadline.slice);
    }
  }

  tryTake(): T | null {
    this.begin(CALLS);
    return this.#takeNow() ?? this.#takeArrived() ?? null;
  }

  iterate(): AsyncIterableIterator<T, undefined> {
    return new Iteration(this, this.ending?.isOwn === true ? this.ending : undefined);
  }

  /** What a step of an iterator gives at once; `undefined` if it has to wait. */
  stepNow(iteration: IterationState): T | undefined {
    this.begin(iteration);
    this.watch();
    return this.next();
  }

  /** One step of an iterator. */
  step(iteration: IterationState): Promise<IteratorResult<T, undefined>> {
    try {
      const value = this.stepNow(iteration);
      if (value !== undefined) return Promise.resolve({ done: false, value });
    } catch (error) {
      iteration.finish();
      return Promise.reject(error);
    }
    const taker = new IterationTaker<T>(iteration);
    if (this.ending === undefined) this.#add(taker);
    else taker.end(this.ending);
    return taker.promise;
  }

  /** Ends the steps of an iterator that wait. */
  dismiss(iteration: Taking): void {
    for (const taker of this.#takers) if (taker instanceof IterationTaker && taker.taking === iteration) taker.stop();
  }

  /** Gives those who wait what there is. Runs no user code. */
  serve(): void {
    for (let taker = this.#takers.first; taker !== undefined; taker = this.#takers.first) {
      try {
        const value = this.next();
        if (value !== undefined) taker.deliver(value);
        else if (this.ending !== undefined) taker.end(this.ending);
        else return;
      } catch (error) {
        taker.fail(error);
      }
    }
  }

  #takeNow(): T | undefined {
    const value = this.next();
    if (value === undefined && this.ending !== undefined) throw this.ending.error();
    return value;
  }

  #takeArrived(): T | undefined {
    this.pump();
    return this.#takeNow();
  }

  #takeLater(limits: CallLimits): Promise<T> {
    const taker = new CallTaker<T>();
    taker.limit(limits, () => this.timedOut(limits.timeout));
    this.#add(taker);
    return taker.promise;
  }

  #add(taker: Waiting<T>): void {
    this.#takers.add(taker);
    this.busy(taker.taking);
  }
}
