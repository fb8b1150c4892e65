/** Checks of arguments, each of which returns the value in the type it was checked for or throws what Node would throw. */
import { types } from 'node:util';
import { invalidArgType, invalidArgValue, outOfRange } from './errors.js';

/** What can be sent: strings travel as UTF-8 (a lone surrogate as U+FFFD), buffers and views as their bytes. */
export type Payload = string | ArrayBuffer | ArrayBufferView;

/** The largest number a descriptor can have. */
const MAX_FD = 2 ** 31 - 1;

/** The largest timeout a timer of Node can hold, in milliseconds. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/** Limits of one operation that can wait. */
export interface CallOptions {
  /** Gives up when aborted: the call rejects with the signal's reason, and nothing is lost. */
  signal?: AbortSignal | undefined;
  /**
   * Gives up after so many milliseconds with `ETIMEDOUT`, and nothing is lost: 0 (one attempt) to 2³¹ - 1, or `Infinity`.
   * @default Infinity
   */
  timeout?: number | undefined;
}

/** The options of an operation that can wait, complete. */
export interface CallLimits {
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
}

const UNLIMITED: CallLimits = Object.freeze({ signal: undefined, timeout: Infinity });

/** `undefined` means `Infinity`. */
export function validateTimeout(value: unknown, name = 'timeout'): number {
  if (value === undefined) return Infinity;
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value);
  if (value === Infinity || (value >= 0 && value <= MAX_TIMEOUT)) return value;
  throw outOfRange(name, `0 to ${MAX_TIMEOUT} or Infinity`, value);
}

/** `{ signal, timeout }` of any options object; other properties are not looked at. */
export function validateCallOptions(options: unknown): CallLimits {
  if (options === undefined) return UNLIMITED;
  const { signal, timeout } = validateObject(options, 'options');
  return { signal: validateSignal(signal), timeout: validateTimeout(timeout, 'options.timeout') };
}

/** An `AbortSignal`, also one of another realm: it is known by its `aborted`, as in Node. */
function validateSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && 'aborted' in value) return value as AbortSignal;
  throw invalidArgType('options.signal', 'an instance of AbortSignal', value);
}

/** An object that options can be read from. */
export function validateObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalidArgType(name, 'of type object', value);
}

/** An `Error`, also one of another realm, or nothing. */
export function validateError(value: unknown, name: string): Error | undefined {
  if (value === undefined || value instanceof Error || types.isNativeError(value)) return value;
  throw invalidArgType(name, 'an instance of Error', value);
}

export function validateString(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw invalidArgType(name, 'of type string', value);
}

export function validateBoolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidArgType(name, 'of type boolean', value);
}

export function validateFunction(value: unknown, name: string): (...args: never[]) => unknown {
  if (typeof value === 'function') return value as (...args: never[]) => unknown;
  throw invalidArgType(name, 'of type function', value);
}

/** An integer from `min` to `max`, both included. */
export function validateInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw outOfRange(name, `an integer from ${min} to ${max}`, value);
}

/** A number from `min` to `max`, both included. */
export function validateNumber(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value);
  if (value >= min && value <= max) return value;
  throw outOfRange(name, `from ${min} to ${max}`, value);
}

/** The number of a descriptor; whether it is open is not looked at. */
export function validateFd(value: unknown, name: string): number {
  return validateInteger(value, name, 0, MAX_FD);
}

/**
 * Something to send. Views on shared memory are allowed, a bare `SharedArrayBuffer` is not. Bytes that were transferred away are an
 * `ERR_INVALID_ARG_VALUE`: sent as an empty message, their loss would go unnoticed.
 */
export function validatePayload(payload: unknown, name = 'payload'): Payload {
  if (typeof payload === 'string' || (types.isUint8Array(payload) && payload.length > 0)) return payload;
  if (!ArrayBuffer.isView(payload) && !types.isArrayBuffer(payload)) {
    throw invalidArgType(name, 'of type string or an instance of ArrayBuffer, Buffer, TypedArray or DataView', payload);
  }
  if (isDetached(payload)) throw invalidArgValue(name, payload.constructor.name, 'must not be detached: its memory has been transferred');
  return payload;
}

function isDetached(bytes: ArrayBuffer | ArrayBufferView): boolean {
  try {
    // A detached buffer counts 0 bytes (a DataView on it throws); only then is it worth the attempt that tells it from an empty one.
    if (bytes.byteLength === 0) new Uint8Array(ArrayBuffer.isView(bytes) ? bytes.buffer : bytes);
    return false;
  } catch {
    return true;
  }
}

/** The bytes of a payload. A small string's lie in Node's pool: the engine's own way into foreign memory takes ten times as long. */
export function bytesOf(payload: Payload): ArrayBuffer | ArrayBufferView {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** How many bytes a payload has on the wire. */
export function payloadSize(payload: Payload): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return types.isUint8Array(payload) ? payload.length : payload.byteLength; // ten times as fast: the compiler knows `length`, and calls `byteLength`
}
