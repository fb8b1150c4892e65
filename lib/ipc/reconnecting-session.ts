/** A reconnecting endpoint behind its public face: what waits for a connection, and what goes on with the next one. */
import type { EventEmitter } from 'eventemitter3';
import { GipsError } from '../errors.js';
import { validateObject, type CallLimits, type CallOptions, type Payload } from '../validate.js';
import type { Credentials } from './credentials.js';
import { Deadline } from './deadline.js';
import { Endpoint } from './endpoint.js';
import { closed, type Subject } from './endings.js';
import type { ReconnectingEvents, SubscriberObserver } from './events.js';
import type { Handler, ServeSettings } from './handler.js';
import type { Objects } from './ipc-object.js';
import type { Message } from './message.js';
import { validateConnectOptions, type SendOptions } from './options.js';
import { Pauses } from './reconnecting-backoff.js';
import { ReconnectingConnection, type ConnectionUser } from './reconnecting-connection.js';
import type { ReconnectingOptions, ReconnectingStats } from './reconnecting-endpoint.js';
import { HeldMessage, ReconnectingGate } from './reconnecting-gate.js';
import { isLoss, ReconnectingReceiver, ServedInTurn, SUBSCRIBERS, type ReceiverUser } from './reconnecting-receiver.js';
import { emitSafely, rethrow } from './rethrow.js';
import { createService, type Service } from './service.js';
import { ServiceDescriptor } from './service-descriptor.js';
import { Counters } from './stats.js';
import type { Ending } from './taker.js';
import { throwIfAborted, Waiter } from './waiter.js';

type Events = EventEmitter<ReconnectingEvents>;

/** Resolves with the public face once the first connection is there. */
export async function connectAgainAndAgain<Face extends Events>(
  service: unknown,
  options: unknown = {},
  createFace: (session: ReconnectingSession) => Face,
): Promise<Face> {
  const { backoff, ...connectOptions } = validateObject(options, 'options') as ReconnectingOptions;
  const pauses = new Pauses(backoff);
  const { highWaterMark, maxMessageSize } = validateConnectOptions(connectOptions);
  const descriptor = ServiceDescriptor.from(service as string | ServiceDescriptor);
  const endpoint = await Endpoint.connect(descriptor, connectOptions);
  const subject = { what: `ReconnectingEndpoint "${descriptor.name}"`, address: descriptor.name };
  const session = new ReconnectingSession(subject, highWaterMark, maxMessageSize, endpoint.credentials);
  const face = createFace(session);
  session.begin(face, endpoint, new ReconnectingConnection(descriptor, connectOptions, subject, pauses, session));
  return face;
}

export class ReconnectingSession implements ConnectionUser, ReceiverUser, SubscriberObserver<keyof ReconnectingEvents> {
  readonly subject: Subject;
  readonly receiver: ReconnectingReceiver;
  credentials: Credentials;
  /** The connection there is. */
  endpoint: Endpoint | undefined = undefined;
  readonly #gate: ReconnectingGate;
  readonly #maxMessageSize: number;
  /** Of connections that have ended. */
  readonly #counters = new Counters();
  readonly #ended = new Waiter<Error | undefined>();
  #connections = 0;
  #owesDrain = false;
  #isRef = true;
  #ending: Ending | undefined = undefined;
  #events!: Events;
  #connection!: ReconnectingConnection;

  constructor(subject: Subject, highWaterMark: number, maxMessageSize: number, credentials: Credentials) {
    this.subject = subject;
    this.credentials = credentials;
    this.#maxMessageSize = maxMessageSize;
    this.receiver = new ReconnectingReceiver(subject, highWaterMark, this);
    this.#gate = new ReconnectingGate(subject, highWaterMark, () => this.onWants());
  }

  begin(events: Events, endpoint: Endpoint, connection: ReconnectingConnection): void {
    this.#events = events;
    this.#connection = connection;
    void connection.run(endpoint);
  }

  get ended(): Promise<Error | undefined> {
    return this.#ended.promise;
  }

  get buffered(): number {
    return this.#gate.cost + (this.endpoint?.bufferedAmount ?? 0);
  }

  get stats(): ReconnectingStats {
    const counters = new Counters();
    counters.add(this.#counters);
    const current = this.endpoint?.stats;
    if (current !== undefined) counters.add(current);
    const { messagesWaiting = 0, requestsPending = 0, requestLatency } = current ?? {};
    const depths = { bytesQueued: this.buffered, messagesWaiting, requestsPending };
    return { ...counters.snapshot(), ...depths, requestLatency, reconnects: this.#connections - 1 };
  }

  async sendLater(payload: unknown, objects: Objects | undefined, limits: CallLimits): Promise<void> {
    const message = this.#hold(payload, objects, limits);
    await this.#pass(message, limits, (endpoint, options) => endpoint.send(message.payload, options));
  }

  async requestLater(payload: unknown, objects: Objects | undefined, limits: CallLimits, isIdempotent: boolean): Promise<Message> {
    const message = this.#hold(payload, objects, limits);
    return await this.#pass(message, limits, (endpoint, options) => endpoint.request(message.payload, options), isIdempotent);
  }

  trySend(payload: Payload, options: { objects?: Objects | undefined } | undefined): boolean {
    if (this.endpoint !== undefined) {
      try {
        return this.endpoint.trySend(payload, options);
      } catch (error) {
        // It has just ended, and nothing was sent.
        if (!isEndOf(this.subject, error)) throw error;
      }
    }
    this.#hold(payload, options?.objects)[Symbol.dispose]();
    this.#owesDrain = true;
    return false;
  }

  async flush(limits: CallLimits): Promise<void> {
    throwIfAborted(limits);
    if (this.#ending !== undefined) throw this.#ending.error();
    const flush = (endpoint: Endpoint): Promise<void> => endpoint.flush(limits);
    if (this.endpoint !== undefined) await flush(this.endpoint);
    else if (!this.#gate.isEmpty) await this.#gate.wait(0, limits, flush);
  }

  serve(handler: Handler, settings: ServeSettings): Service {
    if (this.#ending !== undefined) throw this.#ending.error();
    const served = new ServedInTurn(handler, settings);
    this.receiver.hold(served);
    const { signal } = settings;
    const leave = (): void => {
      signal?.removeEventListener('abort', leave);
      this.receiver.leave(served);
    };
    signal?.addEventListener('abort', leave);
    return createService({
      get pending() {
        return served.current?.pending ?? 0;
      },
      close: async (drain: number) => {
        leave();
        await served.current?.close({ drain });
      },
    });
  }

  async close(options: CallOptions | undefined): Promise<void> {
    const { endpoint } = this;
    if (!this.#end(closed(this.subject))) return void (await this.ended);
    try {
      await endpoint?.close(options);
    } finally {
      this.#finish(await endpoint?.closed);
    }
  }

  destroy(error: Error | undefined): void {
    const { endpoint } = this;
    if (!this.#end(error === undefined ? closed(this.subject) : { error: () => error, isOrderly: false, isOwn: true })) return;
    endpoint?.destroy(error);
    this.#finish(error);
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    if (isRef) this.endpoint?.ref();
    else this.endpoint?.unref();
    this.onWants();
  }

  onFirst(event: keyof ReconnectingEvents): void {
    if (event === 'message') this.receiver.hold(SUBSCRIBERS);
  }

  onLast(event: keyof ReconnectingEvents): void {
    if (event === 'message') this.receiver.leave(SUBSCRIBERS);
  }

  onWants(): void {
    this.#connection.keepAlive(this.#isRef && (this.receiver.isWanted || !this.#gate.isEmpty));
  }

  onMessage(message: Message): void {
    emitSafely(this.#events, 'message', message);
  }

  onError(error: Error): void {
    if (!emitSafely(this.#events, 'error', error)) rethrow(error);
  }

  onConnected(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.credentials = endpoint.credentials;
    this.#connections += 1;
    if (!this.#isRef) endpoint.unref();
    endpoint.on('drain', () => this.#drain());
    endpoint.on('error', (error) => this.#onEndpointError(error));
    this.#gate.open(endpoint);
    this.receiver.attach(endpoint);
    if (this.#connections > 1) emitSafely(this.#events, 'reconnect');
    if (this.#owesDrain) this.#drain();
  }

  onDisconnected(endpoint: Endpoint, error: Error): void {
    this.endpoint = undefined;
    this.#counters.add(endpoint.stats);
    this.receiver.detach();
    emitSafely(this.#events, 'disconnect', error);
  }

  whenReady(): Promise<void> {
    return this.receiver.whenBelowMark();
  }

  onFailed(error: Error): void {
    const isOver = !this.#end({ error: () => error, isOrderly: false });
    if (!isOver) this.#finish(error);
  }

  #hold(payload: unknown, objects: Objects | undefined, limits?: CallLimits): HeldMessage {
    if (limits !== undefined) throwIfAborted(limits);
    if (this.#ending !== undefined) throw this.#ending.error();
    return new HeldMessage(payload, objects, this.subject, this.#maxMessageSize);
  }

  /** Has `act` called with a connection, now or when there is one; what may be repeated, again with the next one if the first is lost. */
  async #pass<T>(
    message: HeldMessage,
    { signal, timeout }: CallLimits,
    act: (endpoint: Endpoint, options: SendOptions) => Promise<T>,
    isRepeatable = false,
  ): Promise<T> {
    const deadline = new Deadline(timeout);
    let used: Endpoint | undefined;
    const actWith = (endpoint: Endpoint): Promise<T> => {
      used = endpoint;
      return act(endpoint, { signal, timeout: deadline.remaining, objects: message.objects });
    };
    try {
      if (this.endpoint === undefined) this.#gate.checkRoom(message);
      for (;;) {
        try {
          if (this.endpoint !== undefined) return await actWith(this.endpoint);
          const turn = this.#gate.wait(message.cost, { signal, timeout: deadline.remaining }, actWith);
          this.onWants();
          return await turn;
        } catch (error) {
          if (!isRepeatable || used === undefined || !isEndOf(this.subject, error)) throw error;
          await used.closed;
          if (this.#ending !== undefined) throw error;
          throwIfAborted({ signal });
        }
      }
    } finally {
      message[Symbol.dispose]();
    }
  }

  #drain(): void {
    this.#owesDrain = false;
    emitSafely(this.#events, 'drain');
  }

  /** That a connection has ended is known otherwise. */
  #onEndpointError(error: Error): void {
    if (isLoss(error)) this.receiver.push(error);
    else if (!isEndOf(this.subject, error)) this.onError(error);
  }

  /** Nothing goes on. False if that was so already. */
  #end(ending: Ending): boolean {
    if (this.#ending !== undefined) return false;
    this.#ending = ending;
    this.#connection.stop();
    if (this.endpoint !== undefined) this.#counters.add(this.endpoint.stats);
    this.endpoint = undefined;
    this.#gate.fail(ending);
    this.receiver.end(ending);
    return true;
  }

  #finish(outcome: Error | undefined): void {
    const isPushed = this.#ending?.isOwn !== true && this.#events.listenerCount('message') > 0;
    this.#ended.resolve(outcome);
    process.nextTick(() => {
      // As everywhere in Node, an error that nobody listens for is an uncaught exception.
      if (outcome !== undefined && !emitSafely(this.#events, 'error', outcome) && isPushed) rethrow(outcome);
      emitSafely(this.#events, 'close', outcome);
    });
  }
}

const ENDS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'EBADMSG']);

/** What a connection to this service has ended with. */
function isEndOf({ address }: Subject, error: unknown): boolean {
  return error instanceof GipsError && error.address === address && (ENDS.has(error.code) || error.syscall === 'malloc');
}
