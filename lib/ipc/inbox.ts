/** What a channel has received and its user has not taken yet, in the order of arrival. */
import type { GipsError } from '../errors.js';
import { Message } from './message.js';
import { Queue } from './queue.js';

/** A message, or the error that stands where a message was lost. */
export type Arrival = Message | GipsError;

export class Inbox {
  readonly #arrivals = new Queue<Arrival>();
  #cost = 0;

  get isEmpty(): boolean {
    return this.#arrivals.isEmpty;
  }

  /** What the messages in it cost together, as flow control counts. */
  get cost(): number {
    return this.#cost;
  }

  push(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    if (arrival instanceof Message) this.#cost += arrival.cost;
  }

  shift(): Arrival | undefined {
    const arrival = this.#arrivals.shift();
    if (arrival instanceof Message) this.#cost -= arrival.cost;
    return arrival;
  }

  /** Drops everything, and closes the objects that came with it. */
  clear(): void {
    for (let arrival = this.shift(); arrival !== undefined; arrival = this.shift()) {
      if (arrival instanceof Message) arrival.discard();
    }
  }
}
