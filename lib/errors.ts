/**
 * The errors of this library: one class, `GipsError`, for everything that goes wrong at run time, and Node's own `TypeError` and `RangeError`
 * (with Node's codes) for bad arguments.
 */
import { getSystemErrorMap, inspect } from 'node:util';

/** What a `GipsError` carries beside its message. */
export interface GipsErrorDetails {
  code: string;
  errno?: number | undefined;
  syscall?: string | undefined;
  address?: string | undefined;
  cause?: unknown;
}

/** A failure that is not a bad argument. The message says what was attempted, on which service, why it failed and what to do. */
export class GipsError extends Error {
  /** What kind of failure it is: a stable name to decide on, from the table in the manual. */
  readonly code: string;
  /** The system's error number, negative as everywhere in Node, where a system call failed. */
  declare readonly errno?: number;
  /** The system call that failed. */
  declare readonly syscall?: string;
  /** The name of the service it happened on. */
  declare readonly address?: string;
  /** The error behind this one: a validator's own, a remote handler's. */
  declare readonly cause?: unknown;

  /** @internal */
  constructor(message: string, details: GipsErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    if (details.errno !== undefined) this.errno = details.errno;
    if (details.syscall !== undefined) this.syscall = details.syscall;
    if (details.address !== undefined) this.address = details.address;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'GipsError', configurable: true, writable: true });
  }
}

/** What to do about each code, as the end of a message. */
const ADVICE = {
  ENAMETOOLONG: 'use a name of at most 100 bytes',
  ECONNREFUSED: 'check that the service is running and that the name is right',
  EADDRINUSE: 'close the listener that has this name, or use another name',
  EACCES: 'run as a user who may do this, or change the policy or the permissions',
  EMSGSIZE: 'send less at once, or raise maxMessageSize on both sides',
  ECONNRESET: 'connect again; what the peer had not taken is lost',
  EPIPE: 'connect again',
  EAGAIN: 'nothing was lost, try again later',
  ETIMEDOUT: 'call again, or allow more time',
  EBADMSG: 'check that both sides speak the gips protocol',
  EEXIST: 'use another name, or remove the one that exists',
  ENOENT: 'check the name',
  EINVAL: 'check that the descriptor is open and what it claims to be',
  ERR_GIPS_UNSUPPORTED: 'do without it on this system',
} as const;
type SystemCode = keyof typeof ADVICE;

/** Linux's ETOOMANYREFS, which libuv has no name for. */
const ETOOMANYREFS = 109;

const LINUX_ONLY: ReadonlyMap<number, readonly [string, string]> = new Map([
  [-ETOOMANYREFS, ['ETOOMANYREFS', 'too many descriptors in transit']],
]);

/** The public code for each system error that is not one itself. */
const PUBLIC_CODE: Readonly<Record<string, SystemCode>> = {
  EMFILE: 'EAGAIN',
  ENFILE: 'EAGAIN',
  ENOBUFS: 'EAGAIN',
  ENOMEM: 'EAGAIN',
  ENOSPC: 'EAGAIN',
  ETOOMANYREFS: 'EAGAIN',
  EPERM: 'EACCES',
  EROFS: 'EACCES',
  ENOTDIR: 'ENOENT',
  EPROTOTYPE: 'ECONNREFUSED',
  ECONNABORTED: 'ECONNRESET',
  ENOTCONN: 'ECONNRESET',
  ESHUTDOWN: 'EPIPE',
  ENOSYS: 'ERR_GIPS_UNSUPPORTED',
  ENOTSUP: 'ERR_GIPS_UNSUPPORTED',
  EPROTONOSUPPORT: 'ERR_GIPS_UNSUPPORTED',
  ESOCKTNOSUPPORT: 'ERR_GIPS_UNSUPPORTED',
  EAFNOSUPPORT: 'ERR_GIPS_UNSUPPORTED',
  ENOPROTOOPT: 'ERR_GIPS_UNSUPPORTED',
};

function describeErrno(errno: number): readonly [name: string, text: string] {
  return getSystemErrorMap().get(errno) ?? LINUX_ONLY.get(errno) ?? [`errno ${-errno}`, 'unknown system error'];
}

function isSystemCode(name: string): name is SystemCode {
  return Object.hasOwn(ADVICE, name);
}

function publicCode(name: string, syscall: string): SystemCode {
  const code = PUBLIC_CODE[name] ?? (isSystemCode(name) ? name : 'EINVAL');
  return code === 'ENOENT' && syscall === 'connect' ? 'ECONNREFUSED' : code;
}

/**
 * The error for a failed system call.
 * @param errno negative
 * @param attempted how the message begins: `connect to "com.example.echo"`
 */
export function systemError(errno: number, syscall: string, attempted: string, address?: string): GipsError {
  const [name, text] = describeErrno(errno);
  const code = publicCode(name, syscall);
  return new GipsError(`${attempted}: ${text} (${name}); ${ADVICE[code]}`, { code, errno, syscall, address });
}

/** For the use of something after its `close()`. `what` names it: `Endpoint "com.example.echo"`. */
export function closedError(what: string, address?: string): GipsError {
  return new GipsError(`${what} is closed; open a new one`, { code: 'ERR_GIPS_CLOSED', address });
}

/** For two exclusive ways of consuming one source. */
export function busyError(message: string): GipsError {
  return new GipsError(message, { code: 'ERR_GIPS_BUSY' });
}

/** For what this platform, mode or version cannot do. */
export function unsupportedError(message: string, cause?: unknown): GipsError {
  return new GipsError(message, { code: 'ERR_GIPS_UNSUPPORTED', cause });
}

/** For an operation whose `timeout` passed. */
export function timeoutError(attempted: string, ms: number, address?: string): GipsError {
  const message = `${attempted}: timed out after ${ms} ms; nothing was lost, call again or allow more time`;
  return new GipsError(message, { code: 'ETIMEDOUT', address });
}

/** `argument` or, for a dotted path, `property`: Node's own wording. */
function nounFor(name: string): string {
  return name.includes('.') ? 'property' : 'argument';
}

function describeReceived(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const { constructor } = value;
    return typeof constructor === 'function' && constructor.name !== ''
      ? `an instance of ${constructor.name}`
      : inspect(value, { depth: -1 });
  }
  const text = inspect(value, { colors: false });
  return `type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

function withCode<E extends Error>(error: E, code: string, creator: (...args: never[]) => Error): E & { code: string } {
  Error.captureStackTrace(error, creator);
  return Object.assign(error, { code });
}

/**
 * For an argument of the wrong type.
 * @param expected continues "must be …": `of type string`, `an instance of Policy`
 */
export function invalidArgType(name: string, expected: string, actual: unknown): TypeError & { code: string } {
  const message = `The "${name}" ${nounFor(name)} must be ${expected}. Received ${describeReceived(actual)}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE', invalidArgType);
}

/**
 * For an argument of the right type that makes no sense.
 * @param reason continues "The argument 'name' …": `must not be empty`
 */
export function invalidArgValue(name: string, value: unknown, reason: string): TypeError & { code: string } {
  const text = inspect(value);
  const received = text.length > 128 ? `${text.slice(0, 128)}...` : text;
  const message = `The ${nounFor(name)} '${name}' ${reason}. Received ${received}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE', invalidArgValue);
}

/**
 * For a number out of its range.
 * @param range continues "It must be …": `an integer from 1 to 65535`
 */
export function outOfRange(name: string, range: string, actual: unknown): RangeError & { code: string } {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${inspect(actual)}`;
  return withCode(new RangeError(message), 'ERR_OUT_OF_RANGE', outOfRange);
}
