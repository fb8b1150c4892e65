/** A listener behind its public face: its clients, and how they are consumed. */
import type { EventEmitter } from 'eventemitter3';
import { busyError, closedError, GipsError, systemError } from '../errors.js';
import type { NativeAcceptor, NativeChannel, NativeDescriptor } from '../native/index.js';
import { Accepting, type AcceptingHost } from './accepting.js';
import { Admission, type AdmissionHost } from './admission.js';
import { Admissions } from './admissions.js';
import { Arrivals } from './arrivals.js';
import { createConnection, type Connection } from './connection.js';
import './dispatch.js';
import { connectionReject, listenerBind } from './diagnostics.js';
import { Draining } from './draining.js';
import type { ListenerEvents } from './events.js';
import type { Handler, ServeSettings } from './handler.js';
import { HostDrive, type Driven } from './host-drive.js';
import { Idleness } from './idleness.js';
import { requireSharing } from './names.js';
import { forget, keep, type OpenHandle } from './open-handles.js';
import type { ListenerSettings } from './options.js';
import { Pods } from './pods.js';
import type { Policy } from './policy.js';
import { emitSafely } from './rethrow.js';
import { Serving } from './serving.js';
import type { Session } from './session.js';
import { Counters, Times, type ListenerStats } from './stats.js';

/** The ways to consume a listener. */
export type Use = 'pods' | 'connections' | 'serve';

/** How many connections may have ended with messages nobody has taken yet, before no more clients are accepted. */
const MAX_LEFTOVERS = 256;

/** How long closing tries to get rid of what was sent to clients that do not take it. */
const CLOSE_TIMEOUT = 5000;

export class Host implements AcceptingHost, AdmissionHost, Driven, OpenHandle {
  readonly what: string;
  readonly address: string;
  readonly policy: Policy;
  readonly settings: ListenerSettings;
  readonly accepting: Accepting;
  readonly admissions = new Admissions();
  readonly pods = new Pods(this);
  readonly arrivals = new Arrivals(this);
  readonly drive = new HostDrive(this);
  /** Where events go. */
  events: EventEmitter<ListenerEvents> | undefined = undefined;
  /** Called once, when the descriptors are about to be closed. */
  onClose: (() => void) | undefined = undefined;
  /** Connections that are open, or whose messages may still become pods. */
  readonly #connections = new Map<Session, Connection>();
  /** Those of them that have ended. */
  readonly #leftovers = new Set<Session>();
  readonly #ended = new Counters();
  readonly #handlingTimes = new Times();
  #open = 0;
  #accepted = 0;
  #rejected = 0;
  #use: Use | undefined = undefined;
  #serving: Serving | undefined = undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined = undefined;
  readonly #draining = new Draining();
  readonly #idleness: Idleness;

  constructor(acceptor: NativeAcceptor, address: string, policy: Policy, settings: ListenerSettings) {
    this.what = `Listener "${address}"`;
    this.address = address;
    this.policy = policy;
    this.settings = settings;
    this.accepting = new Accepting(acceptor, this);
    this.#idleness = new Idleness(() => this.sessions, settings.idleTimeout);
    keep(this);
    if (listenerBind.hasSubscribers) process.nextTick(() => listenerBind.publish({ listener: this.what, address }));
  }

  /** It accepts no more, and nothing that came is given to anybody. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isWatched(): boolean {
    return this.drive.isWatched;
  }

  get isFull(): boolean {
    return this.#open >= this.settings.maxConnections;
  }

  get sessions(): Iterable<Session> {
    return this.#connections.keys();
  }

  get stats(): ListenerStats {
    const total = new Counters();
    const depths = { bytesQueued: 0, messagesWaiting: 0, requestsPending: 0 };
    total.add(this.#ended);
    for (const { counters, depths: own } of this.sessions) {
      total.add(counters);
      depths.bytesQueued += own.bytesQueued;
      depths.messagesWaiting += own.messagesWaiting;
      depths.requestsPending += own.requestsPending;
    }
    const handlingTime = this.#handlingTimes.histogram;
    return { connections: this.#open, accepted: this.#accepted, rejected: this.#rejected, ...total.snapshot(), ...depths, handlingTime };
  }

  /** The first use decides how the listener is consumed; throws for another. */
  use(use: Use): void {
    if (this.#use === use) return;
    if (this.#use !== undefined) {
      throw busyError(`Cannot use ${this.what} by ${use}: it is used by ${this.#use} already; consume a listener in one way`);
    }
    this.#use = use;
    if (use === 'connections') return;
    this.arrivals.clear();
    for (const [session, connection] of this.#connections) this.#adopt(session, connection);
  }

  serve(handler: Handler, settings: ServeSettings): Serving {
    this.assertOpen();
    if (this.#serving !== undefined) throw busyError(`Cannot serve ${this.what}: it is served already; close that service first`);
    const serving = new Serving(
      handler,
      settings,
      () => this.#onServed(),
      (session, error) => this.onLoss(session, error),
      this.#handlingTimes,
    );
    this.#serving = serving;
    try {
      this.use('serve');
      this.watch();
    } catch (error) {
      this.#onServed();
      throw error;
    }
    return serving;
  }

  /** Has the event loop do the work; throws if a poller does it. */
  watch(): void {
    this.drive.watch();
  }

  /** See `HostDrive`. */
  pump(): void {
    this.drive.pump();
  }

  wait(ms: number): void {
    this.drive.wait(ms);
  }

  share(): NativeDescriptor {
    if (this.accepting.isClosed) throw closedError(this.what, this.address);
    requireSharing(`share ${this.what}`);
    const descriptor = this.accepting.acceptor.share();
    if (typeof descriptor === 'number') throw systemError(descriptor, 'fcntl', `share ${this.what}`, this.address);
    return descriptor;
  }

  assertOpen(): void {
    if (this.isClosed) throw closedError(this.what, this.address);
  }

  connectionOf(session: Session): Connection {
    return this.#connections.get(session) as Connection;
  }

  tick(): void {
    this.accepting.tick();
    this.admissions.expire();
    this.#idleness.tick();
  }

  onClient(socket: NativeChannel): void {
    let admission: Admission;
    try {
      admission = new Admission(socket, this);
      this.drive.addAdmission(admission);
    } catch (error) {
      socket.close();
      return this.#emitError(error as Error);
    }
    this.admissions.add(admission);
    // Without an event loop, what has come already would have to wait for another call.
    if (!this.isWatched) admission.look();
  }

  onPause(isPaused: boolean): void {
    this.drive.setAccepting(!isPaused);
  }

  onShortage(error: Error): void {
    this.#emitError(error);
  }

  onDeciding(admission: Admission): void {
    this.drive.remove(admission);
  }

  onAdmitted(admission: Admission, session: Session): void {
    this.#forgetAdmission(admission);
    const connection = createConnection(session);
    this.#connections.set(session, connection);
    this.#open += 1;
    this.drive.addSession(session);
    this.#idleness.watch();
    this.#accepted += 1;
    if (this.#use === undefined || this.#use === 'connections') this.arrivals.add(session);
    else this.#adopt(session, connection);
    if (session.isOver) this.onEnd(session);
    if (this.events !== undefined) emitSafely(this.events, 'connection', connection);
    session.deliver();
  }

  onRejected(admission: Admission, error: Error | undefined): void {
    this.#forgetAdmission(admission);
    this.#checkDrained();
    if (error === undefined) return;
    this.#rejected += 1;
    const { credentials } = admission;
    if (connectionReject.hasSubscribers) connectionReject.publish({ listener: this.what, address: this.address, credentials, error });
    if (this.events !== undefined) emitSafely(this.events, 'rejected', error, credentials);
  }

  onUnidentified(admission: Admission, error: Error): void {
    this.#forgetAdmission(admission);
    this.#checkDrained();
    this.#emitError(error);
  }

  onUse(): void {
    this.use('connections');
  }

  onActivity(session: Session): void {
    if (this.#use !== 'pods' || this.isClosed) return;
    this.pods.offer(session);
    this.pods.serve();
  }

  onEnd(session: Session): void {
    if (!this.#connections.has(session)) return;
    this.#open -= 1;
    this.drive.remove(session);
    const isAwaited = this.#use === 'pods' || this.#use === 'serve' || this.arrivals.has(session);
    if (session.receiver.isEmpty || !isAwaited) return this.#forget(session);
    this.#leftovers.add(session);
    this.#checkLeftovers();
  }

  /** The listener has nothing to give of the connection at the moment: no pods, no requests, or not the connection itself any more. */
  onEmptied(session: Session): void {
    if (session.isOver && this.#connections.has(session)) this.#forget(session);
  }

  /** Somebody hears of connections from now on, who may not want any messages of those that have left. */
  onObserved(): void {
    this.#checkLeftovers();
  }

  onLoss(session: Session, error: Error): void {
    if (!emitSafely(this.connectionOf(session), 'error', error)) this.#emitError(error);
  }

  /** Stops accepting, frees the name, and closes every connection that is still there after `drain` ms. */
  close(drain: number): Promise<void> {
    if (drain === 0) this.#draining.end();
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  linger(): void {
    // What waits to be sent waits in the connections.
  }

  leave(): void {
    this.accepting.close();
  }

  async #close(drain: number): Promise<void> {
    if (drain > 0) await this.#drain(drain);
    this.#isClosed = true;
    this.#idleness.stop();
    this.onClose?.();
    this.accepting.close();
    this.admissions.cancel();
    this.pods.clear();
    this.arrivals.clear();
    const limits = { signal: undefined, timeout: CLOSE_TIMEOUT };
    const closings = [...this.sessions].map((session) => session.close(limits));
    this.drive.close();
    await Promise.all(closings);
    for (const session of this.sessions) this.#forget(session);
    forget(this);
    if (this.events !== undefined) emitSafely(this.events, 'close');
  }

  /** Accepts nobody any more, and resolves once all clients have left, or `ms` have passed. */
  async #drain(ms: number): Promise<void> {
    this.drive.setAccepting(false);
    this.accepting.close();
    this.#checkDrained();
    await this.#draining.wait(ms);
  }

  #checkDrained(): void {
    if (this.accepting.isClosed && this.#connections.size === 0 && this.admissions.isEmpty) this.#draining.end();
  }

  #adopt(session: Session, connection: Connection): void {
    if (this.#use === 'pods') this.pods.adopt(session);
    else this.#serving?.adopt(session, connection);
  }

  /** The service has closed: the listener can be used anew. */
  #onServed(): void {
    this.#serving = undefined;
    if (this.#use === 'serve') this.#use = undefined;
  }

  #forgetAdmission(admission: Admission): void {
    this.admissions.delete(admission);
    this.drive.remove(admission);
  }

  #forget(session: Session): void {
    this.#connections.delete(session);
    this.#leftovers.delete(session);
    this.arrivals.forget(session);
    this.#ended.add(session.counters);
    this.#checkLeftovers();
    this.#checkDrained();
  }

  /** Clients that come, send and go faster than their messages are taken have to wait, or those would pile up. */
  #checkLeftovers(): void {
    const areTooMany = this.#leftovers.size >= MAX_LEFTOVERS;
    const [oldest] = this.#leftovers;
    if (areTooMany && oldest !== undefined && this.#isOnlyObserved) this.#forget(oldest);
    else this.accepting.hold(areTooMany);
  }

  /** All connections went to subscribers, who may not want any messages, and nobody takes them from the listener. */
  get #isOnlyObserved(): boolean {
    return this.#use !== 'pods' && !this.arrivals.isUsed && (this.events?.listenerCount('connection') ?? 0) > 0;
  }

  #emitError(error: Error): void {
    if (this.events !== undefined && emitSafely(this.events, 'error', error)) return;
    process.emitWarning(error.message, { type: 'GipsWarning', code: error instanceof GipsError ? error.code : undefined });
  }
}
