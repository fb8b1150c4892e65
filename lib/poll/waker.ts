/** Ends a `Poller.poll` from another thread. */
import { types } from 'node:util';
import { closedError, GipsError, invalidArgType, systemError } from '../errors.js';
import { native } from '../native/index.js';
import type { NativeWaker } from '../native/binding.js';
import { Ticket } from './ticket.js';

/** Makes a waker of a share of another; the transferables it makes are added to `tickets`, whose owner withdraws those nobody took. */
export let createWaker: (share: number, tickets: Set<Ticket>) => Waker;

/**
 * Wakes one `Poller`. Get it from `Poller.waker()`, pass `toTransferable()` to a worker thread (`postMessage`, `workerData`), and make it a
 * `Waker` again there with `Waker.from()`.
 *
 * A waker outlives its poller: `wake()` then does nothing.
 */
export class Waker implements Disposable {
  readonly #native: NativeWaker;
  readonly #tickets: Set<Ticket>;
  #isClosed = false;

  static {
    createWaker = (share, tickets) => {
      const waker = share < 0 ? share : native.takeWaker(share);
      if (typeof waker === 'number') throw systemError(waker, 'dup', 'Cannot make a Waker');
      return new Waker(waker, tickets);
    };
  }

  private constructor(waker: NativeWaker, tickets: Set<Ticket>) {
    this.#native = waker;
    this.#tickets = tickets;
  }

  /**
   * The other end of `toTransferable`.
   * @throws GipsError `EINVAL` when it was used before, `ERR_GIPS_CLOSED` when the poller closed before anyone used it
   */
  static from(transferable: object): Waker {
    const ticket = ticketOf(transferable);
    const share = ticket.take();
    if (share === undefined) {
      if (ticket.isWithdrawn) throw closedError('The Poller of this Waker');
      throw new GipsError('Cannot make a Waker: this transferable was used before; call toTransferable() once for each thread', {
        code: 'EINVAL',
      });
    }
    return createWaker(share, new Set());
  }

  /** Ends the poller's present `poll`, or its next one if there is none. Any number of calls before that count as one. */
  wake(): void {
    this.#assertOpen();
    this.#native.wake();
  }

  /**
   * A plain object that `postMessage` and `workerData` can carry to a thread of this process, for `Waker.from`. It can be used once, and stays good when
   * this waker is closed. It holds a descriptor until it is used or, if it came from a waker that `poller.waker()` made, the poller is closed.
   */
  toTransferable(): object {
    this.#assertOpen();
    const share = this.#native.share();
    if (share < 0) throw systemError(share, 'fcntl', 'Cannot make a transferable Waker');
    for (const ticket of this.#tickets) if (!ticket.isHeld) this.#tickets.delete(ticket);
    const ticket = Ticket.issue(share);
    this.#tickets.add(ticket);
    return { gipsWaker: ticket.memory };
  }

  /** Frees the descriptor. The poller and its other wakers are not affected. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#native.close();
  }

  /** `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedError('This Waker');
  }
}

function ticketOf(transferable: unknown): Ticket {
  if (typeof transferable === 'object' && transferable !== null && 'gipsWaker' in transferable) {
    const memory = transferable.gipsWaker;
    if (types.isSharedArrayBuffer(memory) && Ticket.isTicket(memory)) return new Ticket(memory);
  }
  throw invalidArgType('transferable', 'what toTransferable() of a Waker returned', transferable);
}
