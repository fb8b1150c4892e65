import { Kind } from '#lib/native/binding.js';

import { core, cost, type Frame, INITIAL_CREDIT, MESSAGE, type TestInbox, type TestOutbox } from './core.js';

const LARGEST = 1 << 24;
const MARK = 100_000;

/** A sender and a receiver over a queue of packets that takes only so many. */
export class Wire {
  readonly outbox: TestOutbox = new core.TestOutbox(false, MARK);
  readonly inbox: TestInbox;
  readonly received: Frame[] = [];
  readonly #slots: number[] = [];
  #owed = 0;

  constructor(window: number) {
    this.inbox = new core.TestInbox(window, LARGEST);
    this.inbox.readFrom(this.outbox);
    this.outbox.addCredit(window - INITIAL_CREDIT);
  }

  carry(packets: number): void {
    this.outbox.makeRoom(packets);
    this.outbox.flush();
    for (const packet of this.outbox.take()) {
      const { verdict, frames } = this.inbox.accept(packet.bytes, packet.objects);
      expect(verdict).toBe('good');
      for (const frame of frames) this.#receive(frame);
    }
  }

  grant(): void {
    if (this.#owed === 0) return;
    this.inbox.granted(this.#owed);
    this.outbox.addCredit(this.#owed);
    this.#owed = 0;
  }

  /** Tells the sender of the slots that have been read. */
  answer(): void {
    for (const number of this.#slots.splice(0)) expect(this.outbox.onSlot(number)).toBe(true);
  }

  drain(): void {
    for (let i = 0; i < 5_000 && this.outbox.buffered > 0; i++) {
      this.carry(3);
      this.grant();
      this.answer();
    }
    this.carry(0);
    this.answer();
  }

  #receive(frame: Frame): void {
    if (frame.kind === Kind.SLOT) this.#slots.push(frame.correlation);
    else if (frame.kind === Kind.POOL && frame.objects > 0) this.#slots.push(0);
    else if (frame.kind !== Kind.POOL) this.received.push(frame);
    if (frame.kind === MESSAGE) this.#owed += cost(frame);
  }
}

/** What tells one message from another. */
export const digest = (payload: Uint8Array, carried: number): string =>
  `${payload.length} ${payload[0]} ${payload[payload.length - 1]} ${carried}`;
