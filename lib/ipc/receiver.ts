/** The receiving half of a channel: who takes its messages, and what the peer is told of it. */
import { busyError, timeoutError } from '../errors.js';
import { Kind } from '../native/index.js';
import { Inbox, type Arrival } from './inbox.js';
import { Want } from './link.js';
import { Message } from './message.js';
import type { Session } from './session.js';
import { Supply } from './supply.js';
import { CALLS, type Ending, type Taking } from './taker.js';

/** How much of the window may be taken before the peer is told: it is never left without credit, and seldom told. */
const GRANT_FRACTION = 1 / 4;

export class Receiver extends Supply<Message> {
  ending: Ending | undefined = undefined;
  readonly #session: Session;
  readonly #inbox = new Inbox();
  readonly #grantAt: number;
  #ungranted = 0;
  #readsToEnd = false;
  #holder: Taking | undefined = undefined;

  constructor(session: Session) {
    super();
    this.#session = session;
    this.#grantAt = session.settings.highWaterMark * GRANT_FRACTION;
  }

  get isEmpty(): boolean {
    return this.#inbox.isEmpty;
  }

  push(arrival: Arrival): void {
    if (this.ending === undefined) this.#inbox.push(arrival);
    else arrival.discard();
  }

  /** After arrivals: a raw peer has no credit to run out of, so that is where reading stops. */
  checkLevel(): void {
    const { link, settings, isRaw } = this.#session;
    if (isRaw && !this.#readsToEnd && this.#inbox.cost >= settings.highWaterMark) link.setReading(false);
  }

  /** The peer is gone: what it has sent before is not more than the system holds, and the end stands behind it. */
  readToEnd(): void {
    this.#readsToEnd = true;
    this.#session.link.setReading(true);
  }

  /** Takes the messages away from all other uses. */
  hold(taking: Taking): void {
    this.#assertFree();
    this.#holder = taking;
  }

  isHeldBy(taking: Taking): boolean {
    return this.#holder === taking;
  }

  leave(taking: Taking): void {
    if (this.#holder === taking) this.#holder = undefined;
  }

  /** For the holder: what has come, without asking the system. */
  override next(): Message | undefined {
    for (;;) {
      const arrival = this.#inbox.shift();
      if (arrival === undefined) return undefined;
      this.#taken(arrival.cost);
      if (!(arrival instanceof Message)) throw arrival.error();
      if (arrival.kind !== Kind.REQUEST || this.#holder?.takesRequests === true) return arrival;
      this.#session.refuseRequest(arrival);
    }
  }

  /** Nothing more will come, and nothing of what came will be taken. */
  discard(ending: Ending): void {
    this.ending = ending;
    this.#inbox.clear();
    this.serve();
    this.#holder = undefined;
  }

  protected override begin(taking: Taking): void {
    if (this.#holder === taking) return;
    this.#assertFree();
    this.#session.host?.onUse();
    if (taking !== CALLS) this.#holder = taking;
  }

  protected override watch(): void {
    this.#session.link.watch();
  }

  protected override busy(taking: Taking): void {
    this.#holder = taking;
    this.#session.link.want(Want.TAKE);
  }

  protected override idle(): void {
    this.leave(CALLS);
    this.#session.link.unwant(Want.TAKE);
  }

  protected override pump(): void {
    this.#session.pump();
  }

  protected override wait(ms: number): void {
    this.#session.link.wait(ms);
  }

  protected override timedOut(ms: number): Error {
    return timeoutError(`Cannot receive from ${this.#session.what}`, ms, this.#session.address);
  }

  #assertFree(): void {
    if (this.#holder === undefined) return;
    throw busyError(
      `Cannot receive from ${this.#session.what}: its messages go to ${this.#holder.description}; receive from a channel in one way at a time`,
    );
  }

  #taken(cost: number): void {
    const { link, settings, isRaw } = this.#session;
    if (isRaw) {
      if (this.#inbox.cost < settings.highWaterMark / 2) link.setReading(true);
      return;
    }
    this.#ungranted += cost;
    if (this.#ungranted < this.#grantAt || !link.isOpen) return;
    link.native.grant(this.#ungranted);
    this.#ungranted = 0;
    link.flushUnlessWatched();
  }
}
