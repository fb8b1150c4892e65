/** The requests of this side that wait for their answers. */
import type { Histogram } from 'node:perf_hooks';
import { GipsError, unsupportedError } from '../errors.js';
import { Kind, NOTHING } from '../native/index.js';
import { payloadSize, validateCallOptions, type Payload } from '../validate.js';
import { failureOf } from './failure.js';
import { Want } from './link.js';
import type { LostMessage } from './lost-message.js';
import type { Message } from './message.js';
import type { SentRequest } from './sender.js';
import type { Session } from './session.js';
import type { Ending } from './taker.js';
import { OpenRequest } from './open-request.js';
import { Times } from './stats.js';
import { throwIfAborted } from './waiter.js';

export class Requests {
  readonly #session: Session;
  readonly #open = new Map<number, OpenRequest>();
  readonly #latency = new Times();
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Asked and not answered yet. */
  get pending(): number {
    return this.#open.size;
  }

  /** Of answers, in ns. */
  get latency(): Histogram | undefined {
    return this.#latency.histogram;
  }

  request(payload: unknown, options: unknown): Promise<Message> {
    try {
      const limits = validateCallOptions(options);
      const { what, address, isRaw, link, sender } = this.#session;
      if (isRaw)
        throw unsupportedError(`request to ${what}: a raw connection has no requests; send a message, or connect with wire: 'gips'`);
      throwIfAborted(limits);
      const correlation = ++this.#last;
      const request = sender.request(correlation, payload, options);
      const waiter = new OpenRequest(this.#session, payloadSize(payload as Payload));
      waiter.limit(
        limits,
        () => timeoutOf(what, limits.timeout, address),
        () => this.#abandon(correlation, request),
      );
      if (this.#open.size === 0) link.want(Want.REPLY);
      this.#open.set(correlation, waiter);
      this.#session.counters.requestsSent += 1;
      waiter.begin();
      if (typeof request !== 'number') request.waiter.promise.catch((error: unknown) => this.#take(correlation)?.reject(error));
      return waiter.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** An answer that nobody waits for any more is dropped. */
  onReply(reply: Message): void {
    const waiter = this.#take(reply.correlation);
    if (waiter === undefined) return reply.discard();
    this.#latency.record(waiter.age);
    waiter.resolve(reply);
  }

  onFailure(failure: Message): void {
    this.#take(failure.correlation)?.reject(failureOf(failure.payload, this.#session));
  }

  /** A reply whose objects could not be received. */
  onLost(reply: LostMessage): void {
    this.#take(reply.correlation)?.reject(reply.error());
  }

  /** No answers will come. */
  fail({ error }: Ending): void {
    for (const correlation of [...this.#open.keys()]) this.#take(correlation)?.reject(error());
  }

  #take(correlation: number): OpenRequest | undefined {
    const waiter = this.#open.get(correlation);
    if (waiter === undefined) return undefined;
    this.#open.delete(correlation);
    if (this.#open.size === 0) this.#session.link.unwant(Want.REPLY);
    return waiter;
  }

  /** Nobody waits for the answer any more: the other side need not make it. */
  #abandon(correlation: number, request: SentRequest): void {
    if (this.#take(correlation) === undefined) return;
    const { isOver, link, sender } = this.#session;
    if (isOver || sender.takeBack(request) || !link.isOpen) return;
    link.native.send(Kind.CANCEL, NOTHING, correlation);
    link.flushUnlessWatched();
  }
}

function timeoutOf(what: string, ms: number, address: string): GipsError {
  const message = `request to ${what}: timed out after ${ms} ms; the other side was told to stop, ask again or allow more time`;
  return new GipsError(message, { code: 'ETIMEDOUT', address });
}
