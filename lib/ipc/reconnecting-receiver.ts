/** What comes from one server after the other, as one supply of messages. */
import { busyError, timeoutError } from '../errors.js';
import type { Endpoint } from './endpoint.js';
import type { Subject } from './endings.js';
import type { Handler, ServeOptions } from './handler.js';
import type { Message } from './message.js';
import { Queue } from './queue.js';
import type { Service } from './service.js';
import { Supply } from './supply.js';
import { CALLS, type Ending, type Taking } from './taker.js';
import { Waiter } from './waiter.js';

/** Subscribers of `'message'`. */
export const SUBSCRIBERS: Taking = { description: "'message' subscribers" };

/** Answers with the same handler whichever server asks. */
export class ServedInTurn implements Taking {
  readonly description = 'a service';
  current: Service | undefined = undefined;

  constructor(
    readonly handler: Handler,
    readonly options: ServeOptions,
  ) {}
}

export interface ReceiverUser {
  /** Something comes now for which somebody waits, or nobody does any more. */
  onWants(): void;
  /** For the subscribers of `'message'`. */
  onMessage(message: Message): void;
  /** A message was lost, which no caller can be told of. */
  onError(error: Error): void;
}

export class ReconnectingReceiver extends Supply<Message> {
  ending: Ending | undefined = undefined;
  readonly #subject: Subject;
  readonly #highWaterMark: number;
  readonly #user: ReceiverUser;
  /** Taken from a connection, and by nobody yet: what servers that have gone had sent. */
  readonly #arrivals = new Queue<Message | Error>();
  #cost = 0;
  #belowMark: Waiter<void> | undefined = undefined;
  #holder: Taking | undefined = undefined;
  #endpoint: Endpoint | undefined = undefined;
  #isSubscribed = false;
  #isAwaited = false;

  constructor(subject: Subject, highWaterMark: number, user: ReceiverUser) {
    super();
    this.#subject = subject;
    this.#highWaterMark = highWaterMark;
    this.#user = user;
  }

  /** Something is waited for that only a server can bring. */
  get isWanted(): boolean {
    return this.#isAwaited || this.#holder === SUBSCRIBERS || this.#holder instanceof ServedInTurn;
  }

  /** From now on what `endpoint` brings is taken. */
  attach(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
    if (this.#holder instanceof ServedInTurn) this.#serveWith(this.#holder, endpoint);
    else this.#subscribe();
  }

  /** The connection has ended. What had come by it is kept until it is taken. */
  detach(): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#unsubscribe();
    this.#endpoint = undefined;
    if (!(this.#holder instanceof ServedInTurn)) this.#keepRest(endpoint);
    this.#distribute();
  }

  /** Resolves when little enough is left of what earlier servers had sent. */
  async whenBelowMark(): Promise<void> {
    // A service never takes what had come before it began.
    if (this.#cost < this.#highWaterMark || this.ending !== undefined || this.#holder instanceof ServedInTurn) return;
    this.#belowMark ??= new Waiter();
    await this.#belowMark.promise;
  }

  /** A message or, in its place, the error that one was lost with. */
  push(arrival: Message | Error): void {
    if (this.ending !== undefined) return arrival instanceof Error ? undefined : arrival.discard();
    this.#arrivals.push(arrival);
    if (!(arrival instanceof Error)) this.#cost += arrival.cost;
    this.#distribute();
  }

  /** Nothing more comes. What is there can still be taken, unless this side has closed. */
  end(ending: Ending): void {
    this.#unsubscribe();
    this.#endpoint = undefined;
    this.ending = ending;
    if (ending.isOwn === true) this.#drop();
    this.#belowMark?.resolve();
    this.#distribute();
  }

  hold(taking: Taking): void {
    this.#assertFree();
    this.#holder = taking;
    this.#user.onWants();
    if (taking instanceof ServedInTurn) {
      this.#belowMark?.resolve();
      if (this.#endpoint !== undefined) this.#serveWith(taking, this.#endpoint);
      return;
    }
    this.#subscribe();
    // Subscribers are not called by those who subscribe.
    process.nextTick(() => this.#distribute());
  }

  override leave(taking: Taking): void {
    if (this.#holder !== taking) return;
    this.#holder = undefined;
    if (taking === SUBSCRIBERS) this.#unsubscribe();
    this.#user.onWants();
  }

  override next(): Message | undefined {
    const arrival = this.#shift() ?? this.#takeFromEndpoint();
    if (arrival instanceof Error) throw arrival;
    return arrival;
  }

  protected override begin(taking: Taking): void {
    if (this.#holder === taking) return;
    this.#assertFree();
    if (taking !== CALLS) this.#holder = taking;
  }

  protected override watch(): void {
    // The connection is always watched: its end has to be noticed.
  }

  protected override busy(taking: Taking): void {
    this.#holder = taking;
    this.#isAwaited = true;
    this.#subscribe();
    this.#user.onWants();
  }

  protected override idle(): void {
    this.#isAwaited = false;
    this.#unsubscribe();
    this.leave(CALLS);
    this.#user.onWants();
  }

  protected override pump(): void {
    // `next` looks into the system by itself.
  }

  protected override wait(): void {
    // There are no blocking forms.
  }

  protected override timedOut(ms: number): Error {
    return timeoutError(`Cannot receive from ${this.#subject.what}`, ms, this.#subject.address);
  }

  /** Gives what is there to whom it is for. */
  #distribute(): void {
    if (this.#holder !== SUBSCRIBERS) return this.serve();
    for (let next = this.#shift(); next !== undefined; next = this.#holder === SUBSCRIBERS ? this.#shift() : undefined) {
      if (next instanceof Error) this.#user.onError(next);
      else this.#user.onMessage(next);
    }
  }

  #drop(): void {
    for (let next = this.#shift(); next !== undefined; next = this.#shift()) if (!(next instanceof Error)) next.discard();
  }

  #shift(): Message | Error | undefined {
    const arrival = this.#arrivals.shift();
    if (arrival === undefined || arrival instanceof Error) return arrival;
    this.#cost -= arrival.cost;
    if (this.#cost < this.#highWaterMark) {
      this.#belowMark?.resolve();
      this.#belowMark = undefined;
    }
    return arrival;
  }

  #takeFromEndpoint(): Message | Error | undefined {
    if (this.#endpoint === undefined || this.#isSubscribed) return undefined;
    try {
      return this.#endpoint.tryRecv() ?? undefined;
    } catch (error) {
      return isLoss(error) ? error : undefined;
    }
  }

  #keepRest(endpoint: Endpoint): void {
    for (;;) {
      try {
        const message = endpoint.tryRecv();
        if (message === null) return;
        this.push(message);
      } catch (error) {
        if (!isLoss(error)) return;
        this.push(error);
      }
    }
  }

  readonly #onMessage = (message: Message): void => this.push(message);

  /** Only as long as somebody waits: the rest stays where the server's credit counts it. */
  #subscribe(): void {
    if (this.#isSubscribed || this.#endpoint === undefined) return;
    if (!this.#isAwaited && this.#holder !== SUBSCRIBERS) return;
    this.#isSubscribed = true;
    this.#endpoint.on('message', this.#onMessage);
  }

  #unsubscribe(): void {
    if (!this.#isSubscribed) return;
    this.#isSubscribed = false;
    this.#endpoint?.off('message', this.#onMessage);
  }

  #serveWith(served: ServedInTurn, endpoint: Endpoint): void {
    served.current = endpoint.serve(served.handler, served.options);
  }

  #assertFree(): void {
    if (this.#holder === undefined) return;
    throw busyError(
      `Cannot receive from ${this.#subject.what}: its messages go to ${this.#holder.description}; receive from it in one way at a time`,
    );
  }
}

/** One message was lost; others follow. Everything else that receiving fails with is the end. */
export function isLoss(error: unknown): error is Error {
  return (error as { code?: unknown }).code === 'EAGAIN' && (error as { syscall?: unknown }).syscall === 'recvmsg';
}
