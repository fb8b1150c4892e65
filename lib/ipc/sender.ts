/** The sending half of a channel: what may be queued, and who waits until it has gone. */
import { GipsError, invalidArgType, systemError, timeoutError, unsupportedError } from '../errors.js';
import { errnoOf, Kind, type NativeDescriptor } from '../native/index.js';
import { bytesOf, payloadSize, validateCallOptions, validatePayload, validateTimeout, type CallLimits, type Payload } from '../validate.js';
import { Backlog, type SendQueue } from './backlog.js';
import { publishSent } from './diagnostics.js';
import { Deadline, sleepSync } from './deadline.js';
import { vanished } from './endings.js';
import { sent } from './fairness.js';
import { Want } from './link.js';
import { costOf, Message } from './message.js';
import { queueFull, tooLarge, validateObjects } from './outgoing.js';
import { Postponed, PostponedMessage } from './postponed.js';
import type { Session } from './session.js';
import type { Ending } from './taker.js';
import { throwIfAborted, Waiter } from './waiter.js';

/** Before the server has said what it takes, only messages up to this size may go. */
const MAX_BEFORE_WELCOME = 65_536;

/** How the system says that nobody is at the other end. */
const GONE: ReadonlySet<number> = new Set([errnoOf('ECONNRESET'), errnoOf('ENOTCONN'), errnoOf('EPIPE')]);

/** What a native flush answers when the system is short of something: the socket is writable, so waiting for that would spin. */
const SHORTAGE = 1;
const SHORTAGE_MS = 5;

/** In place of a sequence number: a message that cannot be taken back. */
const PACKED = 0;

type Descriptors = readonly NativeDescriptor[] | undefined;

/** A request on its way: its sequence number, or itself while it waits for the server's word on what it takes. */
export type SentRequest = number | PostponedMessage;

export class Sender implements SendQueue {
  readonly #session: Session;
  readonly #backlog: Backlog;
  readonly #postponed: Postponed;
  #maxMessageSize: number;
  #isWelcome: boolean;
  #ending: Ending | undefined = undefined;

  constructor(session: Session, isWelcome: boolean) {
    this.#session = session;
    this.#backlog = new Backlog(this, session);
    this.#isWelcome = isWelcome;
    this.#postponed = new Postponed(() => session.link.unwant(Want.POSTPONED));
    this.#maxMessageSize = session.settings.maxMessageSize;
  }

  /** Bytes accepted and not yet taken by the OS. */
  get buffered(): number {
    return this.#session.link.buffered + this.#postponed.size;
  }

  get isFull(): boolean {
    return this.buffered >= this.#session.settings.highWaterMark;
  }

  get hasRoom(): boolean {
    return this.#isWelcome && !this.isFull;
  }

  /** The other side has said what it takes: what had to wait for that goes. */
  welcome(maxMessageSize: number): void {
    this.#isWelcome = true;
    this.#maxMessageSize = Math.min(this.#maxMessageSize, maxMessageSize);
    this.#postponed.release((message) => {
      this.#checkSize(message.size);
      message.sequence = this.#queue(message.kind, message.payload, message.correlation, message.objects, message.size);
      this.#backlog.waitForRoom(message.waiter);
    });
    this.progress();
  }

  send(payload: unknown, options: unknown): Promise<void> {
    try {
      const limits = validateCallOptions(options);
      const objects = validateObjects(options, this.#session);
      const bytes = validatePayload(payload); // last: reading the options may run code that takes its memory away
      throwIfAborted(limits);
      const size = this.#check(bytes);
      this.#session.link.watch();
      if (limits.timeout === 0 && (this.isFull || this.#mustPostpone(size))) throw this.#timedOut(0);
      this.#checkRoom(size);
      if (this.#mustPostpone(size)) return this.#postpone(new PostponedMessage(Kind.MESSAGE, 0, bytes, size, objects), limits);
      const sequence = this.#queue(Kind.MESSAGE, bytes, 0, objects, size);
      return this.isFull ? this.#waitBelowMark(sequence, limits) : sent(size);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Queues a message as `send` does, of arguments that have been checked, and leaves the waiting to the caller.
   * @returns what to take it back by
   */
  post(payload: Payload, objects: Descriptors): number {
    const size = this.#check(payload);
    this.#checkRoom(size);
    return this.#queue(Kind.MESSAGE, payload, 0, objects, size);
  }

  /** Waits until the queue is below the high-water mark. */
  waitForRoom(): Waiter<void> {
    const waiter = new Waiter<void>();
    this.#backlog.waitForRoom(waiter);
    return waiter;
  }

  /** True if nothing of it had left, and now never will. */
  takeBack(message: SentRequest): boolean {
    if (typeof message !== 'number') {
      if (message.sequence !== undefined) return this.takeBack(message.sequence);
      this.#postponed.remove(message);
      return true;
    }
    const { link } = this.#session;
    const isTaken = message !== PACKED && link.isOpen && link.native.cancel(message);
    if (isTaken) this.progress();
    return isTaken;
  }

  /** Answers `to`. It never waits, since what is not sent yet keeps further messages of that peer from being taken, and never fails because the peer is gone. */
  reply(to: unknown, payload: unknown, options: unknown): Promise<void> {
    try {
      if (to !== undefined && !(to instanceof Message)) throw invalidArgType('options.to', 'an instance of Message', to);
      const limits = validateCallOptions(options);
      const objects = validateObjects(options, this.#session);
      const bytes = validatePayload(payload);
      throwIfAborted(limits);
      this.respond(to, bytes, objects);
      return sent(payloadSize(bytes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `reply`, of what is known to be right. */
  respond(to: Message | undefined, payload: Payload, objects: Descriptors): void {
    if (this.#ending !== undefined && this.#ending.isOwn !== true) return;
    try {
      const size = this.#check(payload);
      this.#checkRoom(size);
      this.#session.link.watch();
      if (to?.kind === Kind.REQUEST) this.#queue(Kind.REPLY, payload, to.correlation, objects, size);
      else this.#queue(Kind.MESSAGE, payload, 0, objects, size);
    } catch (error) {
      if (!isPeerGone(error)) throw error;
    }
  }

  /** Sends a request. What it returns takes it back. */
  request(correlation: number, payload: unknown, options: unknown): SentRequest {
    const objects = validateObjects(options, this.#session);
    const bytes = validatePayload(payload);
    const size = this.#check(bytes);
    this.#session.link.watch();
    this.#checkRoom(size);
    if (!this.#mustPostpone(size)) return this.#queue(Kind.REQUEST, bytes, correlation, objects, size);
    const message = new PostponedMessage(Kind.REQUEST, correlation, bytes, size, objects);
    this.#postponed.add(message);
    this.#session.link.want(Want.POSTPONED);
    return message;
  }

  trySend(payload: unknown, options: unknown): boolean {
    const objects = validateObjects(options, this.#session);
    const bytes = validatePayload(payload);
    const size = this.#check(bytes);
    if (this.isFull || this.#mustPostpone(size)) {
      this.#makeRoom();
      if (this.isFull || this.#mustPostpone(size)) {
        this.#backlog.oweDrain();
        return false;
      }
    }
    this.#queue(Kind.MESSAGE, bytes, 0, objects, size);
    return true;
  }

  sendSync(payload: unknown, options: unknown): void {
    const objects = validateObjects(options, this.#session);
    const deadline = new Deadline(validateTimeout((options as { timeout?: unknown } | undefined)?.timeout, 'options.timeout'));
    const bytes = validatePayload(payload);
    const size = this.#check(bytes);
    if (!this.#pumpUntil(() => !this.isFull && !this.#mustPostpone(size), deadline)) throw this.#timedOut(deadline.timeout);
    this.#checkSize(size);
    const sequence = this.#queue(Kind.MESSAGE, bytes, 0, objects, size);
    if (this.#pumpUntil(() => this.buffered === 0, deadline)) return;
    this.takeBack(sequence);
    throw this.#timedOut(deadline.timeout);
  }

  flush(options: unknown): Promise<void> {
    try {
      const limits = validateCallOptions(options);
      throwIfAborted(limits);
      this.#assertOpen();
      this.#session.link.watch();
      this.#session.link.native.flush();
      this.progress();
      if (this.buffered === 0) return Promise.resolve();
      if (limits.timeout === 0) throw this.#timedOut(0);
      return this.whenEmpty(limits);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves once the OS has everything, though the channel be closing. */
  whenEmpty(limits: CallLimits): Promise<void> {
    const waiter = new Waiter<void>();
    waiter.limit(limits, () => this.#timedOut(limits.timeout));
    this.#backlog.waitForEmptiness(waiter);
    return waiter.promise;
  }

  /** The session is to be told when the queue has fallen below the high-water mark. */
  awaitRoom(): void {
    this.#backlog.awaitRoom();
  }

  /** The queue may have become shorter. Runs no user code. */
  progress(): void {
    this.#backlog.progress();
  }

  /** Nothing more is accepted; what was accepted still goes. */
  close(ending: Ending): void {
    this.#ending = ending;
    this.#backlog.close();
    this.#postponed.release(() => {
      throw ending.error();
    });
  }

  /** Nothing more goes. */
  fail(ending: Ending): void {
    this.close(this.#ending ?? ending);
    this.#backlog.fail(ending);
  }

  #assertOpen(): void {
    // The server may have refused us meanwhile.
    if (!this.#isWelcome) this.#session.pump();
    if (this.#ending !== undefined) throw this.#ending.error();
  }

  #check(payload: Payload): number {
    this.#assertOpen();
    const size = payloadSize(payload);
    this.#checkSize(size);
    if (size === 0 && this.#session.isRaw) {
      throw unsupportedError(`send to ${this.#session.what}: a raw connection has no empty messages; send at least one byte`);
    }
    return size;
  }

  #checkSize(size: number): void {
    if (size > this.#maxMessageSize) throw tooLarge(this.#session, size, this.#maxMessageSize);
  }

  #checkRoom(size: number): void {
    const { highWaterMark, maxMessageSize } = this.#session.settings;
    if (this.isFull && this.buffered + size > highWaterMark + maxMessageSize) throw queueFull(this.#session, this.buffered);
  }

  /** Does now what makes the queue shorter: without an event loop nobody else would. */
  #makeRoom(): void {
    const { link } = this.#session;
    if (link.isWatched) return;
    this.#session.pump();
    if (link.isOpen) link.native.flush();
    this.progress();
  }

  #mustPostpone(size: number): boolean {
    return !this.#postponed.isEmpty || (!this.#isWelcome && size > MAX_BEFORE_WELCOME);
  }

  #postpone(message: PostponedMessage, limits: CallLimits): Promise<void> {
    this.#postponed.add(message);
    this.#session.link.want(Want.POSTPONED);
    message.waiter.limit(
      limits,
      () => this.#timedOut(limits.timeout),
      () => {
        this.#postponed.remove(message);
        if (message.sequence !== undefined) this.takeBack(message.sequence);
      },
    );
    return message.waiter.promise;
  }

  #queue(kind: Kind, payload: Payload, correlation: number, objects: Descriptors, size: number): number {
    const { link, counters } = this.#session;
    publishSent(this.#session, kind, size);
    if (kind === Kind.REPLY) this.#session.activity?.end(correlation);
    const cost = kind === Kind.REPLY ? 0 : costOf(size);
    if (objects === undefined && link.stage(kind, correlation, cost, payload, size)) {
      counters.sent(size);
      return PACKED;
    }
    const sequence = link.native.send(kind, bytesOf(payload), correlation, objects);
    if (sequence < 0) throw this.#failed(sequence);
    counters.sent(size);
    link.flushUnlessWatched();
    return sequence;
  }

  #waitBelowMark(sequence: number, limits: CallLimits): Promise<void> {
    const waiter = this.waitForRoom();
    waiter.limit(
      limits,
      () => this.#timedOut(limits.timeout),
      () => this.takeBack(sequence),
    );
    return waiter.promise;
  }

  /** Sends and receives until `isDone`. False if the deadline came first. */
  #pumpUntil(isDone: () => boolean, deadline: Deadline): boolean {
    const { link } = this.#session;
    for (;;) {
      const status = link.isOpen ? link.native.flush() : 0;
      if (status < 0) throw this.#failed(status);
      this.progress();
      if (isDone() && link.isOpen) return true;
      this.#session.pump();
      if (this.#ending !== undefined) throw this.#ending.error();
      if (isDone()) return true;
      if (deadline.hasPassed) return false;
      if (status === SHORTAGE) sleepSync(Math.min(deadline.slice, SHORTAGE_MS));
      else link.wait(deadline.slice);
    }
  }

  /** The error for a native failure. That the peer is gone is best said by what it said last. */
  #failed(errno: number): Error {
    const { what, address } = this.#session;
    if (!GONE.has(errno)) return systemError(errno, 'sendmsg', `send to ${what}`, address);
    this.#session.pump();
    return (this.#ending ?? vanished(this.#session)).error();
  }

  #timedOut(ms: number): Error {
    return timeoutError(`send to ${this.#session.what}`, ms, this.#session.address);
  }
}

function isPeerGone(error: unknown): boolean {
  return error instanceof GipsError && (error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'EBADMSG');
}
