/**
 * A descriptor on its way from one thread to another of the same process.
 *
 * A bare number would be dangerous: whoever owns the descriptor may close it before the other thread duplicates it, even by being terminated,
 * and the number may by then stand for something else. So a ticket owns a duplicate of its own, which nobody closes but the one who wins the
 * exchange of its state: the receiver who takes it, or the issuer who withdraws it.
 */
import { native } from '../native/index.js';
import type { NativeDescriptor } from '../native/binding.js';

const FD = 0;
const STATE = 1;
const State = { HELD: 0, TAKEN: 1, WITHDRAWN: 2 } as const;

/** One descriptor that can be taken once, by any thread that has `memory`. */
export class Ticket {
  readonly #cells: Int32Array;

  constructor(readonly memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  /** Makes a ticket that holds `descriptor`. */
  static issue(descriptor: NativeDescriptor): Ticket {
    const ticket = new Ticket(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
    ticket.putBack(descriptor);
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

  /** The issuer took the descriptor back. */
  get isWithdrawn(): boolean {
    return Atomics.load(this.#cells, STATE) === State.WITHDRAWN;
  }

  /** The descriptor, or undefined if it was taken or withdrawn before. */
  take(): NativeDescriptor | undefined {
    return this.#end(State.TAKEN);
  }

  /** Undoes `take`. */
  putBack(descriptor: NativeDescriptor): void {
    Atomics.store(this.#cells, FD, descriptor.take());
    Atomics.store(this.#cells, STATE, State.HELD);
  }

  /** Closes the descriptor, unless someone took it. */
  withdraw(): void {
    this.#end(State.WITHDRAWN)?.close();
  }

  #end(state: number): NativeDescriptor | undefined {
    const before = Atomics.compareExchange(this.#cells, STATE, State.HELD, state);
    return before === State.HELD ? native.adopt(Atomics.load(this.#cells, FD)) : undefined;
  }
}
