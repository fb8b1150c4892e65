/** The options of listeners, endpoints and calls: what they mean, their defaults, and their checks. */
import { invalidArgType, invalidArgValue, unsupportedError } from '../errors.js';
import {
  MAX_TIMEOUT,
  validateBoolean,
  validateCallOptions,
  validateInteger,
  validateObject,
  validateTimeout,
  type CallLimits,
  type CallOptions,
} from '../validate.js';
import type { Objects } from './ipc-object.js';
import { Policy } from './policy.js';

export type { CallOptions } from '../validate.js';

/** What to send along, and limits of waiting until it is accepted. */
export interface SendOptions extends CallOptions {
  /** Up to 253 objects to send along. They are duplicated: the sender keeps, and closes, its own. */
  objects?: Objects | undefined;
}

/**
 * How to find out that a silent peer is gone, in ms from 1 to 2³¹ - 1 each: every `interval` it is looked whether anything has come since; if not, the peer is
 * asked for a sign of life, and if nothing comes within `timeout` either, the channel ends with `ECONNRESET`: at the latest 2 × `interval` + `timeout` after the last
 * answer. `false`: not at all.
 */
export type KeepAlive =
  | false
  | {
      /** How often to look, in ms. */
      interval: number;
      /** How long to wait for the answer, in ms. */
      timeout: number;
    };

/** `KeepAlive`, if it is wanted. */
export type KeepAliveSettings = Readonly<Exclude<KeepAlive, false>>;

interface ChannelOptions {
  /**
   * The largest payload to receive, in bytes: 1 to 2³¹ - 1. The peer's `send` of a larger one fails with `EMSGSIZE`.
   * @default 67108864 (64 MiB)
   */
  maxMessageSize?: number | undefined;
  /**
   * How many bytes, per connection, may be received and not yet taken, and how many may be accepted by `send` before it waits: 1 to 2³¹ - 1.
   * More costs memory, less makes both sides wait for each other more often.
   * @default 1048576 (1 MiB)
   */
  highWaterMark?: number | undefined;
  /**
   * Whether to ask a silent peer now and then if it is there still: one that is stopped or hangs has closed nothing, so that nothing else tells. The answer is given by the peer's library, however slow its
   * user is in taking messages, but not while its thread is blocked: `timeout` has to be longer than that may take. Only while the event loop has the channel, not under a `Poller`
   * or between blocking calls; it does not keep the process alive. Raw connections have none: for `wire: 'raw'` it is `ERR_GIPS_UNSUPPORTED`.
   * @default false
   */
  keepAlive?: KeepAlive | undefined;
}

/** How a service listens. */
export interface ListenerOptions extends ChannelOptions {
  /**
   * How many clients may stand in the system's queue before they are accepted: 1 to 65535 (the system may allow fewer). The next ones have to try again, which
   * `connect` does by itself.
   * @default 1024
   */
  backlog?: number | undefined;
  /**
   * How many clients may be connected at once: an integer from 1, or `Infinity`. The next ones are refused with `EAGAIN`.
   * @default Infinity
   */
  maxConnections?: number | undefined;
  /**
   * How long, in ms, a client may be connected without saying what it wants; then it is dropped. A validator that takes longer drops its client too.
   * @default 5000
   */
  greetingTimeout?: number | undefined;
  /**
   * How long, in ms from 1 to 2³¹ - 1, or `Infinity`, a connection may be idle; then, at the latest a quarter of it later, it is closed as by `close()`, so that the client's calls fail with `EPIPE` and
   * this side's with `ERR_GIPS_CLOSED`. Idle is a connection by which no message, request or answer comes or goes, while nothing of that waits to be sent, taken or answered; the questions and answers
   * of `keepAlive` do not count. Connections that are registered with a `Poller` by themselves are left alone.
   * @default Infinity
   */
  idleTimeout?: number | undefined;
  /**
   * Which clients to serve: those of this protocol (`'gips'`), those that send bare datagrams, as the Rust crate does (`'raw'`), or both.
   * @default 'auto'
   */
  wire?: 'auto' | 'gips' | 'raw' | undefined;
  /**
   * As in `ConnectOptions`, for the connections of clients that ask for a ring.
   * @default 0
   */
  spin?: number | undefined;
}

/** How a listener closes. */
export interface ListenerCloseOptions {
  /**
   * How long, in ms, clients that are connected may stay: 0 to 2³¹ - 1, or `Infinity`. They are served as before, and the listener is closed when the last one
   * has left or the time has passed. Nobody new is accepted.
   * @default 0
   */
  drain?: number | undefined;
}

/** How to connect to a service, and for how long to try. */
export interface ConnectOptions extends CallOptions, ChannelOptions {
  /**
   * Gives up after so many milliseconds with `ETIMEDOUT`: 0 to 2³¹ - 1, or `Infinity`. 0 is one attempt: a server whose queue is full is not tried again, nor is
   * the answer of another process waited for, so use `connectSync` for that, which needs no answer.
   * @default Infinity
   */
  timeout?: number | undefined;
  /**
   * Who may answer under the service's name. Anyone can take a free name, so a server that this does not admit is left with `EACCES`, before anything is said to it.
   * @default Policy.sameUser()
   */
  serverPolicy?: Policy | undefined;
  /**
   * This protocol, or bare datagrams as the Rust crate speaks them: no greeting, no requests, no large or empty payloads.
   * @default 'gips'
   */
  wire?: 'gips' | 'raw' | undefined;
  /**
   * Keeps trying while nobody is there, until the service appears: there is no such name, or a socket file that nobody listens on. A refusal is an error at once. Set `timeout` or `signal`, or this may take for ever.
   *
   * The directory of a socket file is watched, wherever its nearest part exists so far, so that the service is found when it appears. Nothing tells of other names: they are tried
   * after 1 ms, 2 ms and so on up to 100 ms, as in `connectSync`.
   * @default false
   */
  wait?: boolean | undefined;
  /**
   * Messages through shared memory, for many small ones: the same API and guarantees, without a system call per packet. Each direction has a ring of `size` bytes,
   * 4096 to 2³⁰, rounded up to a power of two; the server's is at most 4 MiB. It is set up while messages go through the socket already, and they stay there where
   * either side cannot have one, or does not use the event loop: `node:diagnostics_channel` tells (`gips:ring.open`, `gips:ring.refused`). See docs/ring.md.
   * @default false (`true` is a size of 262144, 256 KiB)
   */
  ring?:
    | boolean
    | {
        /** Bytes of this side's ring: 4096 to 2³⁰, rounded up to a power of two. */
        size: number;
      }
    | undefined;
  /**
   * With `ring`: for how many microseconds, 0 to 10000, to look for more messages before going to sleep. Answers come many times sooner, for a core that is busy
   * looking, and with it the event loop. It pauses where most looking is in vain, and stops where the process may run on one core only (`gips:spin.stop`).
   * @default 0
   */
  spin?: number | undefined;
}

/** What both kinds of channel are made with. */
export interface ChannelSettings {
  readonly maxMessageSize: number;
  readonly highWaterMark: number;
  /** Absent: none is wanted. */
  readonly keepAlive?: KeepAliveSettings | undefined;
}

/** `ListenerOptions`, complete. */
export interface ListenerSettings extends ChannelSettings {
  readonly backlog: number;
  readonly maxConnections: number;
  readonly greetingTimeout: number;
  readonly idleTimeout: number;
  readonly wire: 'auto' | 'gips' | 'raw';
  readonly spin: number;
}

/** `ConnectOptions`, complete. */
export interface ConnectSettings extends ChannelSettings, CallLimits {
  readonly serverPolicy: Policy;
  readonly wire: 'gips' | 'raw';
  readonly wait: boolean;
  /** The size of its direction's ring; absent: none is wanted. */
  readonly ring: number | undefined;
  readonly spin: number;
}

const MAX_SIZE = 2 ** 31 - 1;
const MAX_BACKLOG = 65_535;
const DEFAULT_BACKLOG = 1024;
const DEFAULT_MAX_MESSAGE_SIZE = 64 * 1024 * 1024;
const DEFAULT_HIGH_WATER_MARK = 1024 * 1024;
const DEFAULT_GREETING_TIMEOUT = 5000;
const DEFAULT_RING = 256 * 1024;
const MIN_RING = 4096;
const MAX_RING = 2 ** 30;
const MAX_SPIN = 10_000;

export function validateListenerOptions(value: unknown = {}): ListenerSettings {
  const options = validateObject(value, 'options');
  const { backlog = DEFAULT_BACKLOG, maxConnections = Infinity, wire = 'auto' } = options;
  const { greetingTimeout = DEFAULT_GREETING_TIMEOUT, idleTimeout = Infinity } = options;
  return {
    ...validateChannelOptions(options),
    backlog: validateInteger(backlog, 'options.backlog', 1, MAX_BACKLOG),
    maxConnections: validateLimit(maxConnections, 'options.maxConnections', MAX_SIZE),
    greetingTimeout: validateTimeout(greetingTimeout, 'options.greetingTimeout'),
    idleTimeout: validateLimit(idleTimeout, 'options.idleTimeout', MAX_TIMEOUT),
    wire: validateOneOf(wire, 'options.wire', ['auto', 'gips', 'raw'] as const),
    spin: validateSpin(options['spin']),
  };
}

/** An integer from 1 to `max`, or `Infinity`. */
function validateLimit(value: unknown, name: string, max: number): number {
  return value === Infinity ? Infinity : validateInteger(value, name, 1, max);
}

/** How many ms clients may stay. */
export function validateDrain(options: unknown = {}): number {
  const { drain = 0 } = validateObject(options, 'options');
  return validateTimeout(drain, 'options.drain');
}

export function validateConnectOptions(value: unknown = {}): ConnectSettings {
  const options = validateObject(value, 'options');
  const { serverPolicy = Policy.sameUser(), wire = 'gips', wait = false } = options;
  if (!(serverPolicy instanceof Policy)) throw invalidArgType('options.serverPolicy', 'an instance of Policy', serverPolicy);
  const settings = {
    ...validateChannelOptions(options),
    ...validateCallOptions(options),
    serverPolicy,
    wire: validateOneOf(wire, 'options.wire', ['gips', 'raw'] as const),
    wait: validateBoolean(wait, 'options.wait'),
    ring: validateRing(options['ring']),
    spin: validateSpin(options['spin']),
  };
  if (settings.ring !== undefined && settings.wire === 'raw')
    throw invalidArgValue('options.ring', options['ring'], "needs the wire 'gips'");
  if (settings.spin > 0 && settings.ring === undefined) throw invalidArgValue('options.spin', settings.spin, 'needs options.ring');
  return settings;
}

/** A power of two; `undefined` where no ring is wanted. */
function validateRing(value: unknown = false): number | undefined {
  if (typeof value === 'boolean') return value ? DEFAULT_RING : undefined;
  const { size } = validateObject(value, 'options.ring');
  return 2 ** Math.ceil(Math.log2(validateInteger(size, 'options.ring.size', MIN_RING, MAX_RING)));
}

function validateSpin(value: unknown = 0): number {
  return validateInteger(value, 'options.spin', 0, MAX_SPIN);
}

function validateChannelOptions(options: Record<string, unknown>): ChannelSettings {
  const { maxMessageSize = DEFAULT_MAX_MESSAGE_SIZE, highWaterMark = DEFAULT_HIGH_WATER_MARK } = options;
  return {
    maxMessageSize: validateInteger(maxMessageSize, 'options.maxMessageSize', 1, MAX_SIZE),
    highWaterMark: validateInteger(highWaterMark, 'options.highWaterMark', 1, MAX_SIZE),
    keepAlive: validateKeepAlive(options),
  };
}

function validateKeepAlive({ keepAlive = false, wire }: Record<string, unknown>): KeepAliveSettings | undefined {
  if (keepAlive === false) return undefined;
  const { interval, timeout } = validateObject(keepAlive, 'options.keepAlive');
  const settings = {
    interval: validateInteger(interval, 'options.keepAlive.interval', 1, MAX_TIMEOUT),
    timeout: validateInteger(timeout, 'options.keepAlive.timeout', 1, MAX_TIMEOUT),
  };
  if (wire === 'raw')
    throw unsupportedError("options.keepAlive needs the wire 'gips': a raw connection has nothing to ask with; leave it out");
  return settings;
}

export function validateOneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw invalidArgValue(name, value, `must be one of: ${allowed.map((candidate) => `'${candidate}'`).join(', ')}`);
}
