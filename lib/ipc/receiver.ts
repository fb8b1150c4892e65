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
  /** Of requests that have come, and whose askers do not wait any more. */
  #cancelled: Set<number> | undefined = undefined;
  #ungranted = 0;
  #refusesRequests = false;
  #readsToEnd = false;
  #holder: Taking | undefined = undefined;

  constructor(session: Session) {
    super();
    this.#session = session;
    this.#grantAt = session.settings.highWaterMark * GRANT_FRACTION;
  }

  /** How much has come that nobody has taken. */
  get waiting(): number {
    return this.#inbox.length;
  }

  get isEmpty(): boolean {
    return this.#inbox.isEmpty;
  }

  get isRequestNext(): boolean {
    return this.#inbox.first?.kind === Kind.REQUEST;
  }

  push(arrival: Arrival): void {
    if (this.ending !== undefined) arrival.discard();
    else if (this.#refusesRequests && arrival.kind === Kind.REQUEST) this.#refuse(arrival);
    else this.#inbox.push(arrival);
  }

  /** Nobody waits for the answer to a request any more. */
  cancel(correlation: number): void {
    // There are not more to cancel than have come.
    if (this.#inbox.isEmpty) return;
    this.#cancelled ??= new Set();
    if (this.#cancelled.size < this.#inbox.length) this.#cancelled.add(correlation);
  }

  /** Whoever answered requests does so no more: those that have come and those to come are refused, until somebody takes them again. */
  refuseRequests(): void {
    this.#refusesRequests = true;
    for (const request of this.#inbox.takeRequests()) this.#refuse(request);
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
    this.#refusesRequests = false;
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
      if (arrival.kind === Kind.REQUEST && !this.#takesRequest(arrival)) continue;
      this.#taken(arrival.cost);
      if (arrival instanceof Message) return arrival;
      throw arrival.error();
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

  /** False if it has been dealt with. */
  #takesRequest(request: Arrival): boolean {
    const isCancelled = this.#cancelled?.delete(request.correlation) === true;
    if (this.#inbox.isEmpty) this.#cancelled = undefined;
    if (isCancelled) request.discard();
    else if (request instanceof Message && this.#holder?.takesRequests === true) return true;
    else this.#session.refuseRequest(request);
    this.#taken(request.cost);
    return false;
  }

  #refuse(request: Arrival): void {
    this.#session.refuseRequest(request);
    this.#taken(request.cost);
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
