/** A stream on the side where its items are made: one batch at a time, and no more of them than were asked for. */
import type { Answer } from '../ipc/handler.js';
import type { IncomingRequest } from '../ipc/incoming-request.js';
import { during, type CallContext } from './call-context.js';
import type { Codec } from './codec.js';
import { Batch, malformed } from './format.js';
import { detach, encode, join, objectsOf, type Encoded } from './values.js';

/** A batch is sent when it has so many bytes, however many items were asked for. */
const ENOUGH_BYTES = 65_536;

/** So many items at once are the most, whatever was asked for. */
const MAX_CREDIT = 256;

/** Who waits for the next batch. */
interface Asked {
  readonly credit: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class ServedStream implements CallContext {
  readonly channel: IncomingRequest['channel'];
  readonly #codec: Codec<unknown>;
  readonly #onEnd: () => void;
  readonly #controller = new AbortController();
  #iterator: AsyncIterator<unknown> | undefined = undefined;
  #asked: Asked | undefined = undefined;
  /** What the next answer brings. */
  #batch: Encoded[] = [];
  #bytes = 0;
  /** An item with objects travels alone, and its maker does not go on before it is sent: it may close them then. */
  #next: Encoded | undefined = undefined;
  #isMaking = false;
  #flush: NodeJS.Immediate | undefined = undefined;
  #failure: { error: unknown } | undefined = undefined;
  #isAtEnd = false;
  #isOver = false;

  /** @param onEnd called once, when there is nothing more to ask for */
  constructor(channel: IncomingRequest['channel'], codec: Codec<unknown>, onEnd: () => void) {
    this.channel = channel;
    this.#codec = codec;
    this.#onEnd = onEnd;
  }

  get credentials(): CallContext['credentials'] {
    return this.channel.credentials;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param make gives what the items come from, or a Promise of that */
  begin(make: () => unknown): void {
    const begun = (async () => iteratorOf(await during(this, make)))();
    begun.then(
      (iterator) => this.#start(iterator),
      (error: unknown) => this.#onFailure(error),
    );
  }

  /** The next batch: what there is at the end of the turn in which there is something. */
  take(credit: number): Promise<Answer> {
    if (this.#asked !== undefined) return Promise.reject(malformed('a stream was asked for more while it was asked already'));
    return new Promise((resolve, reject) => {
      this.#asked = { credit: Math.min(credit, MAX_CREDIT), resolve, reject };
      if (this.#hasSomething) this.#flushSoon();
      this.#make();
    });
  }

  /** Nobody wants the rest. What its maker does from now on concerns nobody either. */
  end(reason: Error): void {
    if (this.#isOver) return;
    this.#finish();
    this.#controller.abort(reason);
    this.#asked?.reject(reason);
    this.#leave();
  }

  get #hasSomething(): boolean {
    return this.#batch.length > 0 || this.#isAtEnd || this.#failure !== undefined;
  }

  /** No more fits into the batch, or may be made before it is sent. */
  get #isFull(): boolean {
    const { length } = this.#batch;
    const hasObjects = (this.#batch[0]?.objects.length ?? 0) > 0;
    return length >= (this.#asked?.credit ?? 1) || this.#bytes >= ENOUGH_BYTES || this.#next !== undefined || hasObjects;
  }

  #start(iterator: AsyncIterator<unknown>): void {
    this.#iterator = iterator;
    if (this.#isOver) this.#leave();
    else this.#make();
  }

  #make(): void {
    const iterator = this.#iterator;
    if (iterator === undefined || this.#isMaking || this.#asked === undefined || this.#isAtEnd || this.#failure !== undefined) return;
    if (this.#batch.length > 0 && this.#isFull) return;
    this.#isMaking = true;
    // In an async function, so that what is thrown at once is a rejection as well.
    const made = (async () => during(this, () => iterator.next()))();
    made.then(
      (step) => this.#onMade(step),
      (error: unknown) => this.#onFailure(error),
    );
  }

  #onMade(step: IteratorResult<unknown>): void {
    this.#isMaking = false;
    if (this.#isOver) return;
    try {
      if (step.done === true) this.#isAtEnd = true;
      else this.#add(detach(encode(this.#codec, step.value), this.#codec));
    } catch (error) {
      this.#failure = { error };
      this.#leave();
    }
    this.#flushSoon();
    this.#make();
  }

  #onFailure(error: unknown): void {
    this.#isMaking = false;
    this.#failure = { error };
    this.#flushSoon();
  }

  #add(item: Encoded): void {
    if (this.#batch.length > 0 && item.objects.length > 0) {
      this.#next = item;
    } else {
      this.#batch.push(item);
      this.#bytes += item.size;
    }
  }

  /** With what else is made in this turn, unless nothing can be. */
  #flushSoon(): void {
    if (this.#asked === undefined) return;
    if (this.#isAtEnd || this.#failure !== undefined || this.#isFull) this.#send();
    else this.#flush ??= setImmediate(() => this.#send());
  }

  #send(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    const asked = this.#asked;
    if (asked === undefined) return;
    this.#asked = undefined;
    const batch = this.#batch;
    this.#batch = this.#next === undefined ? [] : [this.#next];
    this.#bytes = this.#next?.size ?? 0;
    this.#next = undefined;
    if (batch.length === 0 && this.#failure !== undefined) {
      this.#finish();
      return asked.reject(this.#failure.error);
    }
    const isLast = this.#isAtEnd && this.#batch.length === 0;
    if (isLast) this.#finish();
    asked.resolve({ payload: join(Buffer.of(isLast ? Batch.LAST : Batch.MORE), batch), objects: objectsOf(batch) });
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearImmediate(this.#flush);
    this.#onEnd();
  }

  /** Tells the maker, as leaving a loop does. */
  #leave(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    if (iterator === undefined) return;
    (async () => during(this, () => iterator.return?.()))().catch(() => {});
  }
}

function iteratorOf(result: unknown): AsyncIterator<unknown> {
  if (!isStream(result)) throw new TypeError('the result of the method is no AsyncIterable; do not name it in the streams of the proxy');
  return result[Symbol.asyncIterator]();
}

export function isStream(result: unknown): result is AsyncIterable<unknown> {
  return (
    typeof result === 'object' && result !== null && typeof (result as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
  );
}
