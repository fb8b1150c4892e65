/** One channel behind its public face: what arrives, what is sent, and how it ends. */
import type { EventEmitter } from 'eventemitter3';
import { End, Kind, NOTHING, type NativeChannel, type NativeDescriptor } from '../native/index.js';
import type { CallLimits } from '../validate.js';
import { Closing } from './closing.js';
import type { Credentials } from './credentials.js';
import { connectionClose, connectionOpen, publishReceived, publishRingNews, subjectOf } from './diagnostics.js';
import type { ChannelOwner } from './dispatch.js';
import { closed, goodbye, outOfMemory, untaken, vanished, violated } from './endings.js';
import type { ChannelEvents } from './events.js';
import { readFrames, type FrameSink } from './frames.js';
import type { Arrival } from './inbox.js';
import type { Activity } from './idleness.js';
import { KeepAlive } from './keep-alive.js';
import { Link, READABLE, WRITABLE } from './link.js';
import type { LostMessage } from './lost-message.js';
import { Message } from './message.js';
import { busy, UNSERVED } from './failure.js';
import { forget, keep, type OpenHandle } from './open-handles.js';
import type { ChannelSettings } from './options.js';
import { Receiver } from './receiver.js';
import { Requests } from './requests.js';
import { emitSafely } from './rethrow.js';
import type { Member } from './selection.js';
import { Sender } from './sender.js';
import type { Serving } from './serving.js';
import { descriptorFreed } from './shortage.js';
import { Counters, type ChannelStats, type Depths } from './stats.js';
import { Subscription } from './subscription.js';
import type { Ending } from './taker.js';
import { Waiter } from './waiter.js';

/** Understands the first frame of the peer. Returns how the channel has ended with it, if it has. */
export type Greet = (frame: Message) => Ending | undefined;

/** The listener a connection belongs to. */
export interface SessionHost {
  /** The event loop watches the listener, and so all connections that no poller has. */
  readonly isWatched: boolean;
  /** The connection is received from by itself, not through its listener; throws if that cannot be. */
  onUse(): void;
  /** Something has arrived, or less is unsent, or the end has come. */
  onActivity(session: Session): void;
  /** Nothing more will come. */
  onEnd(session: Session): void;
  /** Nothing of what has come is left. */
  onEmptied(session: Session): void;
}

export interface SessionParts {
  readonly native: NativeChannel;
  readonly what: string;
  readonly address: string;
  readonly credentials: Credentials;
  readonly settings: ChannelSettings;
  readonly isRaw: boolean;
  /** Absent for a raw channel, which has no greeting. */
  readonly greet?: Greet | undefined;
  readonly host?: SessionHost | undefined;
}

/** Bytes a peer may have left unread before its requests are dropped instead of refused. */
const MAX_UNREAD = 65_536;

export class Session implements ChannelOwner, FrameSink, Member, OpenHandle {
  readonly what: string;
  readonly address: string;
  readonly credentials: Credentials;
  readonly settings: ChannelSettings;
  readonly isRaw: boolean;
  readonly host: SessionHost | undefined;
  readonly link: Link;
  readonly receiver: Receiver;
  readonly sender: Sender;
  readonly subscription: Subscription;
  readonly counters = new Counters();
  readonly #closing = new Closing(this);
  readonly #ended = new Waiter<Error | undefined>();
  /** Who answers the peer's requests. */
  serving: Serving | undefined = undefined;
  /** Absent where a channel may be idle for as long as it likes. */
  activity: Activity | undefined = undefined;
  #requests: Requests | undefined = undefined;
  #greet: Greet | undefined;
  #keepAlive: KeepAlive | undefined = undefined;
  #isOver = false;
  #events: EventEmitter<ChannelEvents> | undefined = undefined;
  #outcome: Error | undefined = undefined;
  #isEndAnnounced = false;
  #wasOpen = false;

  constructor({ native, what, address, credentials, settings, isRaw, greet, host }: SessionParts) {
    this.what = what;
    this.address = address;
    this.credentials = credentials;
    this.settings = settings;
    this.isRaw = isRaw;
    this.host = host;
    this.#greet = greet;
    this.link = new Link(native, what);
    this.receiver = new Receiver(this);
    this.sender = new Sender(this, greet === undefined);
    this.subscription = new Subscription(this);
    native.setOwner(this);
    native.open(isRaw ? 'raw' : 'gips', settings.highWaterMark, settings.maxMessageSize);
    keep(this);
    if (greet === undefined) this.opened();
  }

  get fd(): number {
    return this.link.fd;
  }

  get bell(): number {
    return this.link.bell;
  }

  get interest(): number {
    return this.link.interest;
  }

  /** Where events go, once somebody can have subscribed. */
  get events(): EventEmitter<ChannelEvents> | undefined {
    return this.#events;
  }

  /** Nothing is received or sent any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves with the reason when the channel is over, `undefined` after an orderly end. */
  get ended(): Promise<Error | undefined> {
    return this.#ended.promise;
  }

  get depths(): Depths {
    return {
      bytesQueued: this.sender.buffered,
      messagesWaiting: this.receiver.waiting,
      requestsPending: this.#requests?.pending ?? 0,
    };
  }

  get stats(): ChannelStats {
    return { ...this.counters.snapshot(), ...this.depths, requestLatency: this.#requests?.latency };
  }

  /** Those of this side. */
  get requests(): Requests {
    return (this.#requests ??= new Requests(this));
  }

  onBatch(count: number, end: number, buffers: ArrayBuffer[], objects: NativeDescriptor[]): void {
    this.#absorb(count, end, buffers, objects);
    this.deliver();
  }

  /** A selector says what the descriptor is ready for. */
  onReady(readiness: number): void {
    if ((readiness & WRITABLE) !== 0) this.flush();
    if ((readiness & READABLE) !== 0 && !this.#isOver) this.#pump();
  }

  onWritable(errno: number): void {
    if (errno < 0) this.#onBroken();
    this.sender.progress();
  }

  /** The queue that was too long for more to be taken has become shorter. */
  onRoom(): void {
    this.serving?.flowSoon(this);
    this.host?.onActivity(this);
  }

  /** Gives what has arrived to whom it is for. */
  deliver(): void {
    this.receiver.serve();
    this.subscription.flow();
    this.serving?.flow(this);
    this.host?.onActivity(this);
  }

  /** Lets in what has arrived at the system, for nobody yet. */
  receive(): void {
    const { count, end, buffers, objects } = this.link.native.receive();
    this.#absorb(count, end, buffers, objects);
  }

  /** Does what the event loop does, without waiting: it does not run meanwhile. Runs no user code. */
  pump(): void {
    if (this.#isOver) return;
    this.link.native.flush();
    if (this.link.isReading) this.#pump();
  }

  /** Sends what the OS takes now. */
  flush(): void {
    if (this.#isOver) return;
    if (this.link.native.flush() < 0) this.#onBroken();
    this.sender.progress();
  }

  onFrame(frame: Arrival): void {
    if (!(frame instanceof Message)) this.#onLost(frame);
    else if (this.#isOver) frame.discard();
    else if (this.#greet !== undefined) this.#onGreeting(frame, this.#greet);
    else this.#onFrame(frame);
  }

  /** Answers a request that nobody takes. A peer that asks and does not read gets no answers. */
  refuseRequest(request: Arrival): void {
    request.discard();
    this.activity?.end(request.correlation);
    const failure = request instanceof Message ? UNSERVED : busy(request.error().message);
    if (this.sender.buffered < MAX_UNREAD) this.sendFailure(request.correlation, failure);
  }

  sendFailure(correlation: number, failure: Uint8Array): void {
    if (this.#isOver) return;
    this.activity?.end(correlation);
    this.link.native.send(Kind.FAILURE, failure, correlation);
    this.link.flushUnlessWatched();
  }

  /** No answers will come, nor be sent. */
  endRequests(ending: Ending): void {
    this.#requests?.fail(ending);
    this.serving?.onEnd(this, ending);
  }

  announceDrain(): void {
    process.nextTick(() => {
      if (this.events !== undefined) emitSafely(this.events, 'drain');
    });
  }

  /** Sends what was accepted, says goodbye and closes. Rejects only for an aborted signal. */
  close(limits: CallLimits, ending: Ending = closed(this)): Promise<void> {
    this.#keepAlive?.stop();
    return this.#closing.close(limits, ending);
  }

  /** Closes at once. */
  destroy(error: Error | undefined): void {
    const ending = closed(this);
    const last: Ending = error === undefined ? ending : { error: () => error, isOrderly: false };
    const outcome = error ?? (this.sender.buffered > 0 ? untaken(this) : undefined);
    this.receiver.discard(last);
    this.receiver.ending = ending;
    this.sender.close(ending);
    this.finish(last, outcome);
    this.release();
    this.host?.onEmptied(this);
  }

  linger(): void {
    if (!this.#isOver && this.sender.buffered > 0) this.link.watchAlone();
  }

  leave(): void {
    if (this.#isOver) return;
    try {
      this.#closing.sayGoodbye();
    } catch {
      // The peer has left first.
    }
  }

  /** Both sides have agreed to talk. */
  opened(): void {
    this.#wasOpen = true;
    if (!connectionOpen.hasSubscribers) return;
    const side = this.host === undefined ? 'client' : 'server';
    process.nextTick(() => connectionOpen.publish({ ...subjectOf(this), side, credentials: this.credentials }));
  }

  /** Nothing more comes. What has come can still be taken, then users are told of `ending`. */
  finish(ending: Ending, outcome: Error | undefined = this.#outcomeOf(ending)): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#keepAlive?.stop();
    const { isClaimed, isWatched } = this.link;
    const isKept = isClaimed || (!isWatched && this.host === undefined);
    const told = isKept ? this.#whenTold(ending) : ending;
    this.receiver.ending ??= told;
    this.sender.fail(told);
    this.endRequests(told);
    if (!isKept) this.release();
    forget(this);
    this.#ended.resolve(outcome);
    this.host?.onEnd(this);
    this.#outcome = outcome;
    process.nextTick(() => {
      if (this.#wasOpen && connectionClose.hasSubscribers)
        connectionClose.publish({ ...subjectOf(this), error: outcome, stats: this.stats });
      this.#announceEnd();
    });
  }

  /** From now on somebody can subscribe. If the end has come before, subscribers are told of it once they had their turn to subscribe. */
  attach(events: EventEmitter<ChannelEvents>): void {
    this.#events = events;
    if (this.#isOver) setImmediate(() => this.#announceEnd());
  }

  /** Has the event loop tell of what happens, unless a poller does. A connection follows its listener. */
  watchIfFree(): void {
    if (this.host === undefined && !this.link.isClaimed) this.link.watch();
  }

  /** Gives the descriptor back. */
  release(): void {
    if (!this.link.isOpen) return;
    this.link.close();
    descriptorFreed();
  }

  /** A poller has no use for the descriptor any more. */
  unclaimed(): void {
    if (this.#isOver) return this.release();
    if (this.host?.isWatched !== true) return;
    try {
      this.link.watchAlone();
    } catch {
      // The next asynchronous use tries again, and tells.
    }
  }

  /** The system takes nothing more: the peer is gone. */
  #onBroken(): void {
    this.receiver.readToEnd();
    this.pump();
  }

  #pump(): void {
    this.receive();
    // A grant that came with it may have sent what waited.
    this.sender.progress();
    this.receiver.serve();
    this.subscription.flowSoon();
    this.serving?.flowSoon(this);
    this.host?.onActivity(this);
  }

  #absorb(count: number, end: number, buffers: ArrayBuffer[], objects: NativeDescriptor[]): void {
    if (count > 0) readFrames(count, buffers, objects, this);
    if (end === End.EOF) this.finish(this.isRaw ? goodbye(this) : vanished(this));
    else if (end === End.VIOLATION) this.finish(violated(this));
    else if (end < 0) this.finish(outOfMemory(end, this));
    this.receiver.checkLevel();
  }

  #onGreeting(frame: Message, greet: Greet): void {
    this.#greet = undefined;
    const ending = greet(frame);
    frame.discard();
    if (ending !== undefined) return this.finish(ending);
    this.opened();
    if (this.settings.keepAlive !== undefined) this.#keepAlive = new KeepAlive(this, this.settings.keepAlive);
  }

  #onFrame(frame: Message): void {
    switch (frame.kind) {
      case Kind.MESSAGE:
      case Kind.REQUEST:
        this.counters.received(frame);
        publishReceived(this, frame.kind, frame.size);
        if (frame.kind === Kind.REQUEST) this.activity?.begin(frame.correlation);
        return this.receiver.push(frame);
      case Kind.GOODBYE:
        return this.finish(goodbye(this));
      case Kind.PING:
        this.activity?.onSign();
        return this.#pong(frame.correlation);
      case Kind.RING:
        this.link.onInterest?.();
        return publishRingNews(this, frame.correlation);
      case Kind.PONG:
        this.activity?.onSign();
        return this.#keepAlive?.onAnswer();
      case Kind.REPLY:
        publishReceived(this, frame.kind, frame.size);
        return this.requests.onReply(frame);
      case Kind.FAILURE:
        return this.requests.onFailure(frame);
      case Kind.CANCEL:
        this.activity?.end(frame.correlation);
        if (this.serving === undefined) return this.receiver.cancel(frame.correlation);
        return this.serving.cancel(this, frame.correlation);
      default:
        frame.discard();
        this.finish(violated(this));
    }
  }

  #onLost(lost: LostMessage): void {
    this.counters.messagesLost += 1;
    if (lost.kind === Kind.MESSAGE || lost.kind === Kind.REQUEST) this.receiver.push(lost);
    else if (lost.kind === Kind.REPLY) this.requests.onLost(lost);
  }

  /** A peer that asks and does not read gets no answers. */
  #pong(correlation: number): void {
    if (this.#isOver || this.link.waitsForSocket) return;
    this.link.native.send(Kind.PONG, NOTHING, correlation);
    this.link.flushUnlessWatched();
  }

  #outcomeOf(ending: Ending): Error | undefined {
    if (!ending.isOrderly) return ending.error();
    return this.sender.buffered > 0 ? untaken(this) : undefined;
  }

  /** A poller that has the descriptor, or will get it, reports it until its user has been told of the end. */
  #whenTold({ error, isOrderly }: Ending): Ending {
    return {
      error: () => {
        this.release();
        return error();
      },
      isOrderly,
    };
  }

  #announceEnd(): void {
    if (this.#events === undefined || this.#isEndAnnounced) return;
    this.#isEndAnnounced = true;
    if (this.#outcome !== undefined) this.subscription.announce(this.#outcome);
    emitSafely(this.#events, 'close', this.#outcome);
  }
}
