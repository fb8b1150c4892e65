/** What `serve` is given, and its checks. */
import { invalidArgType } from '../errors.js';
import { validateCallOptions, validateFunction, validateInteger, validateObject, validateTimeout, type Payload } from '../validate.js';
import type { IncomingRequest } from './incoming-request.js';
import type { Objects } from './ipc-object.js';
import type { Message } from './message.js';
import { throwIfAborted } from './waiter.js';

/** What a request is answered with: bytes, bytes and objects, a message as it came, or nothing (an empty reply). */
export type Answer =
  | Payload
  | {
      /** The bytes. */
      payload: Payload;
      /** Up to 253 objects to send along. They are duplicated: the handler keeps, and closes, its own. */
      objects?: Objects | undefined;
    }
  | Message
  | undefined
  | void;

/**
 * Answers a request. What it throws, or rejects with, fails the request with `ERR_GIPS_REMOTE`: name, message and code travel, the stack does not. For a plain
 * message what it returns, unless nothing, is sent as a message.
 */
export type Handler = (request: IncomingRequest) => Answer | Promise<Answer>;

/** How many requests to take, and for how long. */
export interface ServeOptions {
  /**
   * How many handlers may run at once: 1 to 2³¹ - 1. The next requests wait. A handler that heeds no signal keeps its place until it ends, whatever its caller does.
   * @default 64
   */
  concurrency?: number | undefined;
  /**
   * How many requests may be taken and not answered, those of running handlers included: 1 to 2³¹ - 1. The next ones fail with `EAGAIN`; plain messages stay with their sender.
   * @default 1024
   */
  maxPending?: number | undefined;
  /**
   * How long, in ms, a handler may run, before its signal aborts and its caller gets `ERR_GIPS_REMOTE` with an `ETIMEDOUT` behind it.
   * @default Infinity
   */
  timeout?: number | undefined;
  /** Closes the service at once when aborted. */
  signal?: AbortSignal | undefined;
}

export interface ServeSettings {
  readonly concurrency: number;
  readonly maxPending: number;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

const DEFAULT_CONCURRENCY = 64;
const DEFAULT_MAX_PENDING = 1024;
const MAX = 2 ** 31 - 1;

export function validateHandler(handler: unknown): Handler {
  return validateFunction(handler, 'handler') as unknown as Handler;
}

export function validateServeOptions(value: unknown = {}): ServeSettings {
  const options = validateObject(value, 'options');
  const { concurrency = DEFAULT_CONCURRENCY, maxPending = DEFAULT_MAX_PENDING, timeout } = options;
  const { signal } = validateCallOptions({ signal: options['signal'] });
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw invalidArgType('options.signal', 'an instance of AbortSignal', signal);
  }
  throwIfAborted({ signal });
  return {
    concurrency: validateInteger(concurrency, 'options.concurrency', 1, MAX),
    maxPending: validateInteger(maxPending, 'options.maxPending', 1, MAX),
    timeout: validateTimeout(timeout, 'options.timeout'),
    signal,
  };
}
