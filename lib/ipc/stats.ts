/** What channels and listeners count. */
import { createHistogram, type Histogram, type RecordableHistogram } from 'node:perf_hooks';
import { Kind } from '../native/index.js';
import type { Message } from './message.js';

/** What has been counted so far. */
export interface Counts {
  /** Messages accepted by `send` and its other forms; requests and their answers too. */
  readonly messagesSent: number;
  /** Bytes of their payloads. */
  readonly bytesSent: number;
  /** Messages and requests that have arrived, taken by their user or not. */
  readonly messagesReceived: number;
  /** Bytes of their payloads. */
  readonly bytesReceived: number;
  /** Messages that arrived without their objects, for which there was no room: their receiver was told by an `EAGAIN`. */
  readonly messagesLost: number;
  /** Requests asked by this side. */
  readonly requestsSent: number;
  /** Those of them that ended without an answer: refused, failed, aborted, timed out, or the channel ended. */
  readonly requestsFailed: number;
  /** Requests asked by the other side. */
  readonly requestsReceived: number;
}

/** How much is under way now. */
export interface Depths {
  /** Bytes that were accepted and that the OS has not taken yet: `bufferedAmount`. */
  readonly bytesQueued: number;
  /** Messages and requests that have arrived and that nobody has taken yet. */
  readonly messagesWaiting: number;
  /** Requests of this side without an answer yet. */
  readonly requestsPending: number;
}

/** What a channel has done so far. */
export interface ChannelStats extends Counts, Depths {
  /** How long the answers to this side's requests took, in ns. It goes on counting; `undefined` before the first one. */
  readonly requestLatency: Histogram | undefined;
}

/** What a listener has done so far: the sums of its connections, ended ones included. */
export interface ListenerStats extends Counts, Depths {
  /** Connections that are open now. */
  readonly connections: number;
  /** Clients admitted. */
  readonly accepted: number;
  /** Clients turned away: by the policy, by a limit, or because they did not greet as they should. */
  readonly rejected: number;
  /** How long the requests that `serve` took needed, from their arrival to their answer, in ns. It goes on counting; `undefined` before the first one. */
  readonly handlingTime: Histogram | undefined;
}

export class Counters implements Counts {
  messagesSent = 0;
  bytesSent = 0;
  messagesReceived = 0;
  bytesReceived = 0;
  messagesLost = 0;
  requestsSent = 0;
  requestsFailed = 0;
  requestsReceived = 0;

  sent(size: number): void {
    this.messagesSent += 1;
    this.bytesSent += size;
  }

  received(message: Message): void {
    this.messagesReceived += 1;
    this.bytesReceived += message.size;
    if (message.kind === Kind.REQUEST) this.requestsReceived += 1;
  }

  /** Counts what `other` has counted too. */
  add(other: Counts): void {
    for (const name of NAMES) this[name] += other[name];
  }

  snapshot(): Counts {
    return { ...this };
  }
}

const NAMES = Object.keys(new Counters()) as (keyof Counts)[];

/** Times in ns, kept from the first one on: a histogram takes some KiB. */
export class Times {
  #histogram: RecordableHistogram | undefined = undefined;

  get histogram(): Histogram | undefined {
    return this.#histogram;
  }

  /** @param ms how long it took */
  record(ms: number): void {
    this.#histogram ??= createHistogram();
    this.#histogram.record(Math.max(1, Math.round(ms * 1e6)));
  }
}
