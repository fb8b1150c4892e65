/** A channel as the streams of the web and of Node. They hold no more than one message each way: the channel itself is the buffer. */
import { Duplex } from 'node:stream';
import {
  ReadableStream,
  WritableStream,
  type ReadableStreamDefaultController,
  type WritableStreamDefaultController,
} from 'node:stream/web';
import { types } from 'node:util';
import { GipsError } from '../errors.js';
import type { Payload } from '../validate.js';
import { Iteration } from './iteration.js';
import { Message } from './message.js';
import type { Session } from './session.js';

/** What the readers of a channel are called in messages. */
const STREAM = 'a stream';

/** See `Channel.toWeb`. */
export function webStreamsOf(session: Session): { readable: ReadableStream<Message>; writable: WritableStream<Payload> } {
  begin(session);
  return {
    // Without a queue a stream asks for a message only when somebody waits for one.
    readable: new ReadableStream(new MessageSource(session), { highWaterMark: 0 }),
    writable: new WritableStream(new MessageSink(session), { highWaterMark: 1 }),
  };
}

/** See `Channel.toDuplex`. */
export function duplexOf(session: Session): Duplex {
  begin(session);
  return new ChannelDuplex(session);
}

function begin(session: Session): void {
  const { ending } = session.receiver;
  if (ending?.isOwn === true) throw ending.error();
  session.watchIfFree();
}

function readingFrom(session: Session): Iteration<Message> {
  return new Iteration(session.receiver, undefined, STREAM);
}

/** A received message is passed on with its objects, which nobody here will close. */
function write(session: Session, chunk: unknown): Promise<void> {
  if (!(chunk instanceof Message)) return session.sender.send(chunk, undefined);
  const sending = session.sender.send(chunk.payload, chunk.objects.length > 0 ? { objects: chunk.objects } : undefined);
  chunk.discard();
  return sending;
}

/** Flushes, however long the peer takes, and closes. Rejects if the peer did not take everything. */
async function closeInOrder(session: Session): Promise<void> {
  if (session.receiver.ending === undefined) await session.sender.flush(undefined);
  if (!session.isOver) await session.close({ signal: undefined, timeout: Infinity });
  const error = await session.ended;
  if (error !== undefined) throw error;
}

function destroy(session: Session, reason: unknown): void {
  if (!session.isOver) session.destroy(reason instanceof Error || types.isNativeError(reason) ? reason : undefined);
}

function isBusy(error: unknown): boolean {
  return error instanceof GipsError && error.code === 'ERR_GIPS_BUSY';
}

class MessageSource {
  readonly #session: Session;
  readonly #messages: Iteration<Message>;
  #isWaiting = false;
  #isCancelled = false;

  constructor(session: Session) {
    this.#session = session;
    this.#messages = readingFrom(session);
  }

  start(controller: ReadableStreamDefaultController<Message>): void {
    void this.#session.ended.then(() => {
      if (!this.#isWaiting && !this.#messages.isFinished && this.#session.receiver.isEmpty) this.#end(controller);
    });
  }

  async pull(controller: ReadableStreamDefaultController<Message>): Promise<void> {
    const message = this.#messages.now() ?? (await this.#next());
    if (message !== undefined) controller.enqueue(message);
    else if (!this.#isCancelled) this.#end(controller);
  }

  async cancel(): Promise<void> {
    this.#isCancelled = true;
    await this.#messages.return();
  }

  async #next(): Promise<Message | undefined> {
    this.#isWaiting = true;
    const { value } = await this.#messages.next();
    this.#isWaiting = false;
    return value;
  }

  /** Who reads while this side closes the channel is not told that there was no more. */
  #end(controller: ReadableStreamDefaultController<Message>): void {
    this.#messages.finish();
    const { ending } = this.#session.receiver;
    if (ending === undefined || (ending.isOrderly && ending.isOwn !== true)) controller.close();
    else controller.error(ending.error());
  }
}

class MessageSink {
  readonly #session: Session;
  #isClosing = false;

  constructor(session: Session) {
    this.#session = session;
  }

  start(controller: WritableStreamDefaultController): void {
    const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
    // A sink is told of an abort only when the write that is under way has ended, and that may wait for the peer.
    signal.addEventListener('abort', () => destroy(this.#session, signal.reason));
    void this.#session.ended.then((error) => {
      if (!this.#isClosing) controller.error(error ?? this.#session.receiver.ending?.error());
    });
  }

  write(chunk: unknown): Promise<void> {
    return write(this.#session, chunk);
  }

  close(): Promise<void> {
    this.#isClosing = true;
    return closeInOrder(this.#session);
  }
}

/** User code runs in `process.nextTick`: what it throws there is an uncaught exception, and not the rejection of a Promise nobody knows. */
class ChannelDuplex extends Duplex {
  readonly #session: Session;
  readonly #messages: Iteration<Message>;
  #isRead = false;
  #isWritten = false;

  constructor(session: Session) {
    // Looking ahead would have an error, which empties a stream's buffer, overtake the message before it.
    super({ objectMode: true, readableHighWaterMark: 0, writableHighWaterMark: 1, allowHalfOpen: false });
    this.#session = session;
    this.#messages = readingFrom(session);
    this.once('finish', () => this.#onFinish());
    void session.ended.then((error) => process.nextTick(() => this.#onEnded(error)));
  }

  override _read(): void {
    this.#isRead = true;
    try {
      const message = this.#messages.now();
      if (message !== undefined) this.push(message);
      else this.#readLater();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#isWritten = true;
    const payload = typeof chunk === 'string' && encoding !== 'utf8' ? Buffer.from(chunk, encoding) : chunk;
    settle(write(this.#session, payload), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    settle(closeInOrder(this.#session), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    void this.#messages.return();
    // A channel that somebody else uses is not this stream's to destroy.
    if (!isBusy(error)) destroy(this.#session, error);
    callback(error);
  }

  #readLater(): void {
    this.#messages.next().then(
      ({ value }) => process.nextTick(() => this.#onRead(value)),
      (error: Error) => process.nextTick(() => this.destroy(error)),
    );
  }

  #onRead(message: Message | undefined): void {
    if (this.destroyed) return message?.discard();
    if (message !== undefined || this.#session.receiver.ending?.isOwn !== true) this.push(message ?? null);
    else if (!this.writableEnded || this.writableFinished) this.destroy();
  }

  /** All that was written has gone, and the channel is closed. Who still reads is not told that there was no more. */
  #onFinish(): void {
    if (this.#session.receiver.ending?.isOwn !== true) return;
    if (this.#isRead) this.destroy();
    else this.#endReading();
  }

  /** Who reads is told by reading, and who has ended the stream by that. */
  #onEnded(error: Error | undefined): void {
    const { ending, isEmpty } = this.#session.receiver;
    if (this.#isRead || this.writableEnded || !isEmpty) return;
    if (error === undefined && ending?.isOwn === true) this.destroy();
    else if (error !== undefined || this.#isWritten) this.destroy(error ?? ending?.error());
    else this.#endReading();
  }

  #endReading(): void {
    this.push(null);
    this.read(0);
  }
}

function settle(promise: Promise<void>, callback: (error?: Error | null) => void): void {
  promise.then(
    () => process.nextTick(callback),
    (error: Error) => process.nextTick(callback, error),
  );
}
