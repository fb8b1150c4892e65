import type { Duplex } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { kSource, type Source, type SourceHandle } from '../poll/source.js';
import { validateCallOptions, validateError, type CallLimits, type Payload } from '../validate.js';
import { ChannelHandle } from './channel-handle.js';
import type { Credentials } from './credentials.js';
import { ObservedEmitter } from './events.js';
import { validateHandler, validateServeOptions, type Handler, type ServeOptions } from './handler.js';
import type { Objects } from './ipc-object.js';
import type { Message } from './message.js';
import type { CallOptions, SendOptions } from './options.js';
import { createService, type Service } from './service.js';
import { serveChannel } from './serving.js';
import { Session } from './session.js';
import type { ChannelStats } from './stats.js';
import { duplexOf, webStreamsOf } from './streams.js';

/** How long `close` tries to get rid of what was sent to a peer that does not take it. */
const DEFAULT_CLOSE_TIMEOUT = 5000;

/**
 * One end of a connection: messages both ways, in order, whole, each exactly once, or the channel ends with an error.
 *
 * It is received from in one way at a time: calls of `recv`, one iterator or stream, or subscribers of `'message'`; another is `ERR_GIPS_BUSY`. After the last message,
 * receiving and sending fail every time: with `EPIPE` after the peer's goodbye, with `ECONNRESET` after its crash.
 *
 * It stays open, and is not garbage-collected, until `close()`, `destroy()` or the peer ends it. It keeps the process alive while something is awaited or
 * `'message'` has a subscriber (see `unref`), and while bytes accepted by `send` have not reached the OS.
 */
export abstract class Channel extends ObservedEmitter implements AsyncIterable<Message>, AsyncDisposable, Source {
  readonly #session: Session;
  #handle: ChannelHandle | undefined = undefined;

  /** @internal */
  protected constructor(session: Session) {
    if (!(session instanceof Session)) throw new TypeError('Illegal constructor: connect with Endpoint.connect()');
    super(session.subscription);
    this.#session = session;
    session.attach(this);
  }

  /** Who is at the other end, as the kernel knows it. */
  get credentials(): Credentials {
    return this.#session.credentials;
  }

  /**
   * Sends a message. It is accepted when the OS has it, or it is queued below the high-water mark; then the Promise resolves. The bytes are taken before the call
   * returns, so messages arrive in the order of the calls, awaited or not.
   *
   * An aborted or timed-out `send` is either not sent at all, or, if part of it has left, wholly.
   * @throws GipsError `EPIPE`, `ECONNRESET` when the peer has gone; `EMSGSIZE`; `ENOBUFS` when the queue has reached the high-water mark and `maxMessageSize` on top,
   *   because the caller did not wait
   */
  send(payload: Payload, options?: SendOptions): Promise<void> {
    return this.#session.sender.send(payload, options);
  }

  /** As `send`, blocking the thread until the OS has the message. */
  sendSync(payload: Payload, options?: { objects?: Objects | undefined; timeout?: number | undefined }): void {
    this.#session.sender.sendSync(payload, options);
  }

  /**
   * As `send`, if that is possible without waiting.
   * @returns false if the queue is full: nothing was sent, and `'drain'` follows when there is room
   */
  trySend(payload: Payload, options?: { objects?: Objects | undefined }): boolean {
    return this.#session.sender.trySend(payload, options);
  }

  /** Resolves when the OS has everything that was accepted. */
  flush(options?: CallOptions): Promise<void> {
    return this.#session.sender.flush(options);
  }

  /** The next message. An aborted or timed-out call loses none. */
  recv(options?: CallOptions): Promise<Message> {
    return this.#session.receiver.take(options);
  }

  /**
   * As `recv`, blocking the thread.
   * @param timeout in ms, 0 = look and return; by default for ever
   */
  recvSync(timeout?: number): Message {
    return this.#session.receiver.takeSync(timeout);
  }

  /** The next message, or `null` if none has come yet. */
  tryRecv(): Message | null {
    return this.#session.receiver.tryTake();
  }

  /** The messages to come. Ends at the peer's goodbye and throws `ECONNRESET` at its crash; leaving the loop ends the iteration only. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    return this.#session.receiver.iterate();
  }

  /**
   * Asks the other side, which serves requests by `serve`, and resolves with its answer. Any number of requests may be open at once, in both directions; each answer
   * comes to its own caller. An aborted or timed-out request aborts the handler's signal; an answer that comes too late is dropped.
   * @throws GipsError `ERR_GIPS_REMOTE` if the handler failed, with its name, message and code as `cause`; `EAGAIN` if too many requests are pending there;
   *   `ERR_GIPS_UNSUPPORTED` if nobody serves there; `ECONNRESET`, `EPIPE` when the peer has gone
   * @example
   * const reply = await endpoint.request('2 + 2', { timeout: 1000 });
   * console.log(reply.text()); // 4
   */
  request(payload: Payload, options?: SendOptions): Promise<Message> {
    return this.#session.requests.request(payload, options);
  }

  /**
   * Answers what the peer asks: the handler runs for each request and each message, as they come. A way to receive from the channel like the others.
   * @throws GipsError `ERR_GIPS_BUSY` if something else receives from it
   * @example
   * channel.serve(({ message }) => message.text().toUpperCase());
   */
  serve(handler: Handler, options?: ServeOptions): Service {
    return createService(serveChannel(this.#session, this, validateHandler(handler), validateServeOptions(options)));
  }

  /**
   * The channel as a pair of web streams, each chunk one message. They buffer nothing: a message is taken when somebody reads, and a write ends when `send` would.
   *
   * - `readable` closes at the peer's goodbye, and fails with `ECONNRESET` at its crash, with `ERR_GIPS_CLOSED` when this side closes the channel before. Its first
   *   read takes the messages away from other uses, as an iterator does; `cancel()` ends that only, as leaving a loop: nothing is closed or lost.
   * - `writable.close()` waits until the OS has everything, however long the peer takes, and closes the channel, both ways. `abort()` destroys it. A write fails as `send` does.
   *   A received `Message` can be written too: it is passed on with its objects, which are closed here then.
   * @throws GipsError `ERR_GIPS_CLOSED`
   * @example
   * await file.readableWebStream().pipeTo(endpoint.toWeb().writable);
   */
  toWeb(): {
    /** What the peer sends. */
    readable: ReadableStream<Message>;
    /** What the peer is sent. */
    writable: WritableStream<Payload>;
  } {
    return webStreamsOf(this.#session);
  }

  /**
   * The channel as a stream of Node in object mode: it is written payloads (or received `Message`s, see `toWeb`), and gives `Message`s. It buffers one message each
   * way: who does not read makes the peer's `send` wait, and a write ends when `send` would.
   *
   * - The peer's goodbye ends it for those who read; a stream that was only written, and not ended yet, fails with `EPIPE` then. The peer's crash destroys it with
   *   `ECONNRESET`, once what had come is read.
   * - `end()` waits until the OS has everything, however long the peer takes, and closes the channel. Channels are not closed by halves, so nothing is read after that: who
   *   was reading is told by `ERR_STREAM_PREMATURE_CLOSE` (in `pipeline`, `finished` and loops), and not that there was no more.
   * - `destroy()` destroys the channel: a failed or aborted `pipeline` does that, and so does leaving a `for await` over the stream.
   * - Its first read takes the messages away from other uses, as an iterator does; while it is written only, they can be received by other means.
   * @throws GipsError `ERR_GIPS_CLOSED`
   * @example
   * await pipeline(createReadStream('data.bin'), endpoint.toDuplex()); // of node:stream/promises
   */
  toDuplex(): Duplex {
    return duplexOf(this.#session);
  }

  /** Bytes accepted by `send` and not yet taken by the OS, those of the protocol included. */
  get bufferedAmount(): number {
    return this.#session.sender.buffered;
  }

  /** What has been sent and received so far. */
  get stats(): ChannelStats {
    return this.#session.stats;
  }

  /**
   * Resolves when the channel has ended: with `undefined` if in order (a goodbye of either side, and nothing of ours lost), else with the error. Never rejects.
   * Waiting for it alone does not keep the process alive.
   */
  get closed(): Promise<Error | undefined> {
    this.#session.watchIfFree();
    return this.#session.ended;
  }

  /**
   * Sends what was accepted, says goodbye and closes. What had been received and not taken is dropped, pending calls fail with `ERR_GIPS_CLOSED`. Never rejects
   * because the peer is gone; a peer that does not take the rest loses it after `timeout`.
   * @param options `timeout` is 5000 ms by default; an aborted `signal` closes at once and rejects
   */
  close(options?: CallOptions): Promise<void> {
    let limits: CallLimits;
    try {
      limits = validateCallOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const { signal } = limits;
    return this.#session.close({ signal, timeout: options?.timeout ?? DEFAULT_CLOSE_TIMEOUT });
  }

  /**
   * Closes at once: without a goodbye, so that the peer sees a crash, and without what has not been sent.
   * @param error what pending calls fail with, and `closed` resolves with
   */
  destroy(error?: Error): void {
    this.#session.destroy(validateError(error, 'error'));
  }

  /** Undoes `unref`. */
  ref(): this {
    this.#session.link.ref();
    return this;
  }

  /** Lets the process exit though something is awaited from this channel. */
  unref(): this {
    this.#session.link.unref();
    return this;
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * For `Poller` alone.
   * @internal
   */
  get [kSource](): SourceHandle {
    return (this.#handle ??= new ChannelHandle(this.#session));
  }
}
