/** What a channel has received and its user has not taken yet, in the order of arrival. */
import type { GipsError } from '../errors.js';
import { Message } from './message.js';

/** A message, or the error that stands where a message was lost. */
export type Arrival = Message | GipsError;

/** How many taken entries may lie at the front before the array is cut. */
const SLACK = 1024;

export class Inbox {
  #entries: (Arrival | undefined)[] = [];
  #head = 0;
  #cost = 0;

  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** What the messages in it cost together, as flow control counts. */
  get cost(): number {
    return this.#cost;
  }

  push(arrival: Arrival): void {
    this.#entries.push(arrival);
    if (arrival instanceof Message) this.#cost += arrival.cost;
  }

  shift(): Arrival | undefined {
    const arrival = this.#entries[this.#head];
    if (arrival === undefined) return undefined;
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    } else if (this.#head === SLACK) {
      this.#entries.splice(0, SLACK);
      this.#head = 0;
    }
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
