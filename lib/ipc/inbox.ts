/** What a channel has received and its user has not taken yet, in the order of arrival. */
import { Kind } from '../native/index.js';
import type { LostMessage } from './lost-message.js';
import type { Message } from './message.js';
import { Queue } from './queue.js';

/** A message, or what stands in its place. */
export type Arrival = Message | LostMessage;

export class Inbox {
  readonly #arrivals = new Queue<Arrival>();
  #cost = 0;

  get isEmpty(): boolean {
    return this.#arrivals.isEmpty;
  }

  get length(): number {
    return this.#arrivals.length;
  }

  /** The next one. */
  get first(): Arrival | undefined {
    return this.#arrivals.first;
  }

  /** What is in it costs together, as flow control counts. */
  get cost(): number {
    return this.#cost;
  }

  push(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#cost += arrival.cost;
  }

  shift(): Arrival | undefined {
    const arrival = this.#arrivals.shift();
    if (arrival !== undefined) this.#cost -= arrival.cost;
    return arrival;
  }

  /** Takes the requests out from among the messages. */
  takeRequests(): Arrival[] {
    const requests: Arrival[] = [];
    for (let left = this.length; left > 0; left -= 1) {
      const arrival = this.shift() as Arrival;
      if (arrival.kind === Kind.REQUEST) requests.push(arrival);
      else this.push(arrival);
    }
    return requests;
  }

  /** Drops everything, and closes the objects that came with it. */
  clear(): void {
    for (let arrival = this.shift(); arrival !== undefined; arrival = this.shift()) {
      arrival.discard();
    }
  }
}
