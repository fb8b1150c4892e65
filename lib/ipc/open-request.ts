import { performance } from 'node:perf_hooks';
import { requestEnd, requestStart, subjectOf, type RequestTrace } from './diagnostics.js';
import type { Message } from './message.js';
import type { Session } from './session.js';
import { Waiter } from './waiter.js';

/** A caller who waits for the answer to a request. */
export class OpenRequest extends Waiter<Message> {
  readonly #session: Session;
  readonly #size: number;
  readonly #start = performance.now();
  #event: RequestTrace | undefined = undefined;

  constructor(session: Session, size: number) {
    super();
    this.#session = session;
    this.#size = size;
  }

  /** In ms. */
  get age(): number {
    return performance.now() - this.#start;
  }

  /** To be called when it can be ended: subscribers may do anything. */
  begin(): void {
    if (!requestStart.hasSubscribers && !requestEnd.hasSubscribers) return;
    this.#event = { ...subjectOf(this.#session), side: 'caller', size: this.#size };
    requestStart.publish(this.#event);
  }

  override resolve(reply: Message): void {
    this.#end();
    super.resolve(reply);
  }

  override reject(reason: unknown): void {
    this.#session.counters.requestsFailed += 1;
    this.#end(reason);
    super.reject(reason);
  }

  #end(error?: unknown): void {
    const event = this.#event;
    if (event === undefined) return;
    this.#event = undefined;
    event.duration = this.age;
    if (error !== undefined) event.error = error;
    process.nextTick(() => requestEnd.publish(event));
  }
}
