/** A stream on the side where its items are taken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GipsError } from '../errors.js';
import type { IpcObject } from '../ipc/ipc-object.js';
import type { Message } from '../ipc/message.js';
import { incomprehensible, type Caller } from './caller.js';
import { Batch, closeRequest, nextRequest, openHeader } from './format.js';
import { duplicate } from './passed.js';
import { join, objectsOf, Values } from './values.js';

/** How many items are asked for at once. More are asked for when half of them are taken, so less than twice as many are under way. */
const CREDIT = 32;

/** How long to wait before a server that has too much to do is asked again, in ms. */
const FIRST_PAUSE = 10;
const LAST_PAUSE = 1000;

type Result = IteratorResult<unknown, undefined>;

interface Request {
  readonly payload: Buffer;
  readonly objects?: readonly IpcObject[] | undefined;
}

const DONE: Result = Object.freeze({ done: true, value: undefined });

export class RemoteStream implements AsyncIterableIterator<unknown, undefined> {
  readonly #caller: Caller;
  readonly #name: string;
  readonly #id: number;
  readonly #controller = new AbortController();
  /** What it begins with, until then. */
  #opening: Request | undefined = undefined;
  /** What is yet to be told to who takes the next item. */
  #failure: { error: unknown } | undefined = undefined;
  /** The batch that is under way, and the one that is being taken. */
  #asked: Promise<Message> | undefined = undefined;
  #batch: Values | undefined = undefined;
  #isLast = false;
  #isOver = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(caller: Caller, name: string, args: readonly unknown[]) {
    this.#caller = caller;
    this.#name = name;
    this.#id = caller.nextStream();
    try {
      const values = caller.encode(args);
      const payload = join(openHeader(this.#id, CREDIT, name), values);
      this.#opening = { payload, objects: objectsOf(values)?.map(duplicate) };
    } catch (error) {
      this.#isOver = true;
      this.#failure = { error };
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const result = this.#turn.then(() => this.#take());
    this.#turn = result.catch(() => {});
    return result;
  }

  return(): Promise<Result> {
    this.#end();
    return Promise.resolve(DONE);
  }

  async #take(): Promise<Result> {
    try {
      while (!this.#isOver) {
        if (this.#batch?.isAtEnd === false) return this.#item(this.#batch);
        if (this.#isLast) this.#finish();
        else await this.#receive((this.#asked ??= this.#ask()));
      }
    } catch (error) {
      this.#fail(error);
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    return DONE;
  }

  #item(batch: Values): Result {
    let value: unknown;
    try {
      value = batch.next();
    } catch (error) {
      throw incomprehensible(this.#name, error);
    }
    if (batch.isAtEnd) batch.closeRest();
    if (batch.isHalfTaken && !this.#isLast) this.#asked ??= this.#ask();
    return { done: false, value };
  }

  async #receive(asked: Promise<Message>): Promise<void> {
    const message = await asked;
    if (this.#isOver) return;
    this.#asked = undefined;
    const flag = message.payload[0];
    if (flag !== Batch.MORE && flag !== Batch.LAST) {
      message.discard();
      throw incomprehensible(this.#name, new Error(`a batch begins with ${flag}`));
    }
    this.#isLast = flag === Batch.LAST;
    this.#batch = new Values(message, this.#caller.codec, 1);
  }

  /** Asks for a batch. Whether somebody will take it is open, so it may fail unheard. */
  #ask(): Promise<Message> {
    const opening = this.#opening;
    const asked = opening === undefined ? this.#requestAgain(nextRequest(this.#id, CREDIT), this.#controller.signal) : this.#open(opening);
    asked.catch(() => {});
    return asked;
  }

  async #open(opening: Request): Promise<Message> {
    this.#opening = undefined;
    const { signal } = this.#caller.limits;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this);
    try {
      return await this.#request(opening, this.#controller.signal);
    } finally {
      for (const object of opening.objects ?? []) object.close();
    }
  }

  /** The signal of the proxy has been aborted. */
  handleEvent(): void {
    this.#fail(this.#caller.limits.signal?.reason);
  }

  #request({ payload, objects }: Request, signal: AbortSignal | undefined): Promise<Message> {
    return this.#caller.channel.request(payload, { objects, signal, timeout: this.#caller.limits.timeout });
  }

  /** As often as the other side has too much to do: nothing has been done then. */
  async #requestAgain(payload: Buffer, signal: AbortSignal | undefined): Promise<Message> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LAST_PAUSE)) {
      try {
        return await this.#request({ payload }, signal);
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
      await sleep(pause, undefined, { signal, ref: signal !== undefined });
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = { error };
    this.#end();
  }

  /** This side does not want the rest. */
  #end(): void {
    if (this.#isOver) return;
    const isBegun = this.#opening === undefined;
    this.#finish();
    if (isBegun) this.#requestAgain(closeRequest(this.#id), undefined).catch(() => {});
  }

  #finish(): void {
    this.#isOver = true;
    this.#caller.limits.signal?.removeEventListener('abort', this);
    this.#controller.abort();
    this.#batch?.closeRest();
    this.#asked?.then(
      (message) => message.discard(),
      () => {},
    );
    for (const object of this.#opening?.objects ?? []) object.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof GipsError && error.code === 'EAGAIN';
}
