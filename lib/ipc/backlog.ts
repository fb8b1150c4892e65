import type { Session } from './session.js';
import type { Ending } from './taker.js';
import { WaitQueue, type Waiter } from './waiter.js';

/** A send queue, as those see it who wait for it to become shorter. */
export interface SendQueue {
  /** Bytes in it. */
  readonly buffered: number;
  /** It is below the high-water mark. */
  readonly hasRoom: boolean;
}

/** Those who wait for a send queue to become shorter. */
export class Backlog {
  readonly #queue: SendQueue;
  readonly #session: Session;
  readonly #forRoom = new WaitQueue<Waiter<void>>();
  readonly #forEmptiness = new WaitQueue<Waiter<void>>();
  #owesDrain = false;
  #isAwaited = false;

  constructor(queue: SendQueue, session: Session) {
    this.#queue = queue;
    this.#session = session;
  }

  /** Resolves `waiter` once the queue is below the high-water mark. */
  waitForRoom(waiter: Waiter<void>): void {
    this.#forRoom.add(waiter);
    this.#askForProgress();
  }

  /** Resolves `waiter` once the OS has everything. */
  waitForEmptiness(waiter: Waiter<void>): void {
    this.#forEmptiness.add(waiter);
    this.#askForProgress();
  }

  /** The channel is to hear of it, once, when the queue is below the high-water mark. */
  awaitRoom(): void {
    this.#isAwaited = true;
    this.#askForProgress();
  }

  /** `'drain'` follows when the queue is below the high-water mark; without other news of it, when half of that has gone. */
  oweDrain(): void {
    this.#owesDrain = true;
    this.#askForProgress();
  }

  /** The queue may have become shorter. Runs no user code. */
  progress(): void {
    if (this.#queue.hasRoom) this.#onRoom();
    if (this.#queue.buffered === 0) settleAll(this.#forEmptiness, (waiter) => waiter.resolve());
    this.#askForProgress();
  }

  /** Nothing will be accepted any more. */
  close(): void {
    this.#owesDrain = false;
  }

  /** Nothing will leave any more. */
  fail({ error }: Ending): void {
    settleAll(this.#forRoom, (waiter) => waiter.reject(error()));
    settleAll(this.#forEmptiness, (waiter) => waiter.reject(error()));
  }

  #onRoom(): void {
    const wasAwaited = this.#isAwaited;
    this.#isAwaited = false;
    if (wasAwaited) this.#session.onRoom();
    settleAll(this.#forRoom, (waiter) => waiter.resolve());
    if (this.#owesDrain) this.#session.announceDrain();
    this.#owesDrain = false;
  }

  #askForProgress(): void {
    const { link, settings } = this.#session;
    // Who fills the queue up at each 'drain' is not called for every packet that leaves.
    if (this.#isAwaited || !this.#forRoom.isEmpty) link.notifyBelow(settings.highWaterMark);
    else if (this.#owesDrain) link.notifyBelow(Math.ceil(settings.highWaterMark / 2));
    else if (!this.#forEmptiness.isEmpty) link.notifyBelow(1);
  }
}

function settleAll(queue: WaitQueue<Waiter<void>>, settle: (waiter: Waiter<void>) => void): void {
  for (let waiter = queue.first; waiter !== undefined; waiter = queue.first) settle(waiter);
}
