/**
 * A waker on its way from one thread to another of the same process.
 *
 * The number of its descriptor would be dangerous: whoever owns the descriptor may close it before the other thread duplicates it, even by being terminated,
 * and the number may by then stand for something else. So a ticket owns a share of its own, which nobody drops but the one who wins the
 * exchange of its state: the receiver who takes it, or the issuer who withdraws it.
 */
import { native } from '../native/index.js';

const SHARE = 0;
const STATE = 1;
const State = { HELD: 0, TAKEN: 1, WITHDRAWN: 2 } as const;

/** One share of a waker that can be taken once, by any thread that has `memory`. */
export class Ticket {
  readonly #cells: Int32Array;

  constructor(readonly memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  /** Makes a ticket that holds what `NativeWaker.share` gave. */
  static issue(share: number): Ticket {
    const ticket = new Ticket(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
    Atomics.store(ticket.#cells, SHARE, share);
    return ticket;
  }

  /** True if `memory` has the form of a ticket's. */
  static isTicket(memory: SharedArrayBuffer): boolean {
    return memory.byteLength === 2 * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Nobody has taken or withdrawn it yet. */
  get isHeld(): boolean {
    return Atomics.load(this.#cells, STATE) === State.HELD;
  }

  /** The issuer took the share back. */
  get isWithdrawn(): boolean {
    return Atomics.load(this.#cells, STATE) === State.WITHDRAWN;
  }

  /** The share, or undefined if it was taken or withdrawn before. */
  take(): number | undefined {
    return this.#end(State.TAKEN);
  }

  /** Drops the share, unless someone took it. */
  withdraw(): void {
    const share = this.#end(State.WITHDRAWN);
    if (share !== undefined) native.dropWaker(share);
  }

  #end(state: number): number | undefined {
    const before = Atomics.compareExchange(this.#cells, STATE, State.HELD, state);
    return before === State.HELD ? Atomics.load(this.#cells, SHARE) : undefined;
  }
}
