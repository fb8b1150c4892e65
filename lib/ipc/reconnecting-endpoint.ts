import { unsupportedError } from '../errors.js';
import {
  validateBoolean,
  validateCallOptions,
  validateError,
  validateObject,
  type CallLimits,
  type CallOptions,
  type Payload,
} from '../validate.js';
import type { Credentials } from './credentials.js';
import { ObservedEmitter, type ReconnectingEvents } from './events.js';
import { validateHandler, validateServeOptions, type Handler, type ServeOptions } from './handler.js';
import type { Objects } from './ipc-object.js';
import type { Message } from './message.js';
import type { ConnectOptions, SendOptions } from './options.js';
import type { Backoff } from './reconnecting-backoff.js';
import { connectAgainAndAgain, type ReconnectingSession } from './reconnecting-session.js';
import type { Service } from './service.js';
import type { ServiceDescriptor } from './service-descriptor.js';
import type { ChannelStats } from './stats.js';

/** How to connect to a service, and to connect again. */
export interface ReconnectingOptions extends ConnectOptions {
  /** How long to wait between attempts. */
  backoff?: Backoff | undefined;
}

/** How a `ReconnectingEndpoint` asks. */
export interface ReconnectingRequestOptions extends SendOptions {
  /**
   * The request may be handled twice without harm: if its server goes without an answer, the next one is asked. Otherwise it fails with the connection's error.
   * @default false
   */
  idempotent?: boolean | undefined;
}

/** What a `ReconnectingEndpoint` has done so far, with all its connections; what waits, and `requestLatency`, are those of the present one. */
export interface ReconnectingStats extends ChannelStats {
  /** How many times it has connected again. */
  readonly reconnects: number;
}

/**
 * An endpoint that survives its server's restarts: when the connection ends, with a crash or a goodbye, it connects again, with longer and longer pauses between the attempts, and
 * goes on. `serverPolicy` is applied to each server.
 *
 * - Not connected, `send` and `request` wait, up to `highWaterMark` bytes of them together; beyond that they fail with `EAGAIN`.
 * - **Nothing is sent twice** by itself. What was accepted and not handled when a server goes is lost, as with an `Endpoint`: `'disconnect'` is the moment to think of it. Open requests fail with the
 *   connection's error (`ECONNRESET`, `EPIPE`), except those marked `idempotent`, which the next server is asked again.
 * - `recv`, iterators, `'message'` and `serve` go on with the next server, after everything that the one before had sent. While more than `highWaterMark` bytes of that are not taken, no new
 *   connection is made.
 * - An error that does not pass ends it for good: `EACCES`, `EBADMSG`, `ERR_GIPS_UNSUPPORTED` and so on. `ENOENT`, `ECONNREFUSED`, `ECONNRESET`, `EPIPE`, `EAGAIN` and `ETIMEDOUT` do pass.
 *
 * It needs the event loop: there are no blocking forms, and no `Poller` takes it. Between connections it keeps the process alive while something is awaited, or received by `'message'` or `serve`.
 * @example
 * const endpoint = await ReconnectingEndpoint.connect('com.example.clock', { wait: true, backoff: { max: 5000 } });
 * endpoint.on('disconnect', (error) => console.warn(error.message));
 * const time = await endpoint.request('what time is it?', { idempotent: true, timeout: 10_000 });
 */
export class ReconnectingEndpoint extends ObservedEmitter<ReconnectingEvents> implements AsyncIterable<Message>, AsyncDisposable {
  readonly #session: ReconnectingSession;

  private constructor(session: ReconnectingSession) {
    super(session);
    this.#session = session;
  }

  /**
   * Connects to a service, as `Endpoint.connect` does: the first connection has to succeed, with `wait` when the service appears.
   * @param options `signal` is for the first connection only, `timeout` for each (10 seconds for the later ones if there is none), `wait` for the first; the others are those of every connection
   * @throws GipsError as `Endpoint.connect`
   */
  static async connect(service: string | ServiceDescriptor, options?: ReconnectingOptions): Promise<ReconnectingEndpoint> {
    return await connectAgainAndAgain(service, options, (session) => new ReconnectingEndpoint(session));
  }

  /** Whether there is a connection, as far as is known. */
  get connected(): boolean {
    return this.#session.endpoint !== undefined;
  }

  /** Who is at the other end, as the kernel knows it; not connected, who was there last. */
  get credentials(): Credentials {
    return this.#session.credentials;
  }

  /**
   * As `Endpoint.send`; not connected, it waits for that, and the order of the calls is kept. If it fails with `ECONNRESET` or `EPIPE`, the server has gone and may have the message or not.
   * @throws GipsError `EAGAIN` if more than `highWaterMark` bytes would wait for a connection
   */
  async send(payload: Payload, options?: SendOptions): Promise<void> {
    const { endpoint } = this.#session;
    if (endpoint !== undefined) return await endpoint.send(payload, options);
    const { limits, objects } = readOptions(options);
    await this.#session.sendLater(payload, objects, limits);
  }

  /**
   * Not for this class: there is no event loop to connect again in while the thread is blocked.
   * @throws GipsError `ERR_GIPS_UNSUPPORTED`, always
   */
  sendSync(_payload: Payload, _options?: { objects?: Objects | undefined; timeout?: number | undefined }): void {
    throw this.#noBlocking('send to', 'send()');
  }

  /**
   * As `Endpoint.trySend`.
   * @returns false also if it is not connected: nothing was sent, and `'drain'` follows
   */
  trySend(payload: Payload, options?: { objects?: Objects | undefined }): boolean {
    return this.#session.trySend(payload, options);
  }

  /** Resolves when the OS has everything that was accepted, and that waits for a connection. */
  async flush(options?: CallOptions): Promise<void> {
    await this.#session.flush(validateCallOptions(options));
  }

  /** The next message, of whichever server. An aborted or timed-out call loses none. */
  recv(options?: CallOptions): Promise<Message> {
    return this.#session.receiver.take(options);
  }

  /**
   * Not for this class, as `sendSync`.
   * @throws GipsError `ERR_GIPS_UNSUPPORTED`, always
   */
  recvSync(_timeout?: number): Message {
    throw this.#noBlocking('receive from', 'recv()');
  }

  /** The next message, or `null` if none has come yet. */
  tryRecv(): Message | null {
    return this.#session.receiver.tryTake();
  }

  /** The messages to come, of one server after the other. Throws when there will be no server any more; leaving the loop ends the iteration only. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    return this.#session.receiver.iterate();
  }

  /**
   * As `Endpoint.request`; not connected, it waits for that. `timeout` and `signal` are for all of it, the waiting and asking again included.
   * @throws GipsError `ECONNRESET`, `EPIPE` when the server has gone without an answer, unless the request is `idempotent`; `EAGAIN` if more than `highWaterMark` bytes would wait for a
   *   connection; else as `Endpoint.request`
   */
  async request(payload: Payload, options?: ReconnectingRequestOptions): Promise<Message> {
    const { endpoint } = this.#session;
    const isIdempotent = readIdempotent(options);
    if (endpoint !== undefined && !isIdempotent) return await endpoint.request(payload, options);
    const { limits, objects } = readOptions(options);
    return await this.#session.requestLater(payload, objects, limits, isIdempotent);
  }

  /** As `Channel.serve`, for one server after the other, until the service is closed. The limits are those of each connection. What had come before the call stays for `recv`. */
  serve(handler: Handler, options?: ServeOptions): Service {
    return this.#session.serve(validateHandler(handler), validateServeOptions(options));
  }

  /** Bytes accepted and not yet taken by the OS, and those of messages and requests that wait for a connection. */
  get bufferedAmount(): number {
    return this.#session.buffered;
  }

  /** What has been sent and received so far, by all connections. */
  get stats(): ReconnectingStats {
    return this.#session.stats;
  }

  /** Resolves when it has ended for good: with `undefined` after `close()` and `destroy()`, else with the error. Never rejects. */
  get closed(): Promise<Error | undefined> {
    return this.#session.ended;
  }

  /**
   * As `Endpoint.close`, for good. What waits for a connection fails with `ERR_GIPS_CLOSED`.
   * @param options `timeout` is 5000 ms by default; an aborted `signal` closes at once and rejects
   */
  async close(options?: CallOptions): Promise<void> {
    validateCallOptions(options);
    await this.#session.close(options);
  }

  /**
   * Closes at once and for good, without a goodbye.
   * @param error what pending calls fail with, and `closed` resolves with
   */
  destroy(error?: Error): void {
    this.#session.destroy(validateError(error, 'error'));
  }

  /** Undoes `unref`. */
  ref(): this {
    this.#session.setRef(true);
    return this;
  }

  /** Lets the process exit though something is awaited. */
  unref(): this {
    this.#session.setRef(false);
    return this;
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #noBlocking(attempt: string, instead: string): Error {
    const { what } = this.#session.subject;
    return unsupportedError(
      `${attempt} ${what}: one that reconnects needs the event loop, which blocking forms stop; use ${instead}, or an Endpoint`,
    );
  }
}

function readOptions(options: SendOptions | undefined): { limits: CallLimits; objects: Objects | undefined } {
  return { limits: validateCallOptions(options), objects: options?.objects };
}

function readIdempotent(options: unknown = {}): boolean {
  const { idempotent = false } = validateObject(options, 'options');
  return validateBoolean(idempotent, 'options.idempotent');
}
