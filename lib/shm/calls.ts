/** The calls that wait on helper threads of the addon, until they end, are given up, or their region is closed. */
import { native, WaitEnd } from '../native/index.js';

const pending = new Map<number, PendingCall>();
native.setWaitDispatch((id, end) => pending.get(id)?.end(end));

/** What becomes of a call: at most one of the two is called, once. */
interface Outcome {
  /** @param end a `WaitEnd` or a negative errno */
  ended(end: number): void;
  givenUp(reason: unknown): void;
}

/** How long a call may take, and the error if it takes longer. */
interface TimeLimit {
  timeout: number;
  timedOut(): Error;
}

const NO_LIMIT: TimeLimit = { timeout: Infinity, timedOut: () => new Error('unreachable') };

/** One call that does not block. */
class PendingCall {
  readonly id: number;
  readonly #group: Set<PendingCall>;
  readonly #outcome: Outcome;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(id: number, group: Set<PendingCall>, outcome: Outcome, signal: AbortSignal | undefined, limit: TimeLimit) {
    this.id = id;
    this.#group = group;
    this.#outcome = outcome;
    this.#signal = signal;
    group.add(this);
    pending.set(id, this);
    // The call itself keeps the process alive.
    if (limit.timeout !== Infinity) this.#timer = setTimeout(() => this.#giveUp(limit.timedOut()), limit.timeout).unref();
    try {
      signal?.addEventListener('abort', this);
    } catch (error) {
      // A signal need not be a real one, and this one would not tell.
      this.#giveUp(error);
    }
  }

  end(end: number): void {
    this.#outcome.ended(end);
    this.leave();
  }

  /** Forgets the call; who then calls `reject` has had the addon discard it. */
  leave(): void {
    pending.delete(this.id);
    this.#group.delete(this);
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this);
  }

  reject(reason: unknown): void {
    this.#outcome.givenUp(reason);
  }

  handleEvent(): void {
    this.#giveUp(this.#signal?.reason);
  }

  #giveUp(reason: unknown): void {
    native.discardCalls([this.id]);
    this.reject(reason);
    this.leave();
  }
}

/** The pending calls of one region. */
export class PendingCalls {
  readonly #calls = new Set<PendingCall>();

  /**
   * The end of the call `id`: a `WaitEnd` or a negative errno. Rejects when it is aborted, or too late.
   */
  async end(id: number, signal: AbortSignal | undefined, limit = NO_LIMIT): Promise<number> {
    return await new Promise<number>((resolve, reject) => {
      new PendingCall(id, this.#calls, { ended: resolve, givenUp: reject }, signal, limit);
    });
  }

  /** Gives all of them up. */
  rejectAll(makeError: () => Error): void {
    const calls = [...this.#calls];
    if (calls.length === 0) return;
    for (const call of calls) call.leave();
    native.discardCalls(calls.map(({ id }) => id));
    for (const call of calls) call.reject(makeError());
  }
}

/** The longest wait in one native call: between two of them a worker thread can be terminated. */
const SLICE_MS = 100;

/**
 * Blocks until the call `id` ends, or `timeout` has passed and ends it.
 * @returns a `WaitEnd` or a negative errno
 */
export function blockOn(id: number, timeout = Infinity): number {
  const deadline = performance.now() + timeout;
  for (;;) {
    const remaining = deadline - performance.now();
    if (remaining <= 0) return native.finishCall(id);
    const end = native.awaitCall(id, Math.ceil(Math.min(remaining, SLICE_MS)));
    if (end !== WaitEnd.PENDING) return end;
  }
}
