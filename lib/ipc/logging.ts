/** The events of `diagnostics.ts` as lines: for `NODE_DEBUG=gips`, and for a logger. */
import diagnostics from 'node:diagnostics_channel';
import { debuglog, inspect } from 'node:util';
import { invalidArgType } from '../errors.js';
import type { DiagnosticsEvents, EventName } from './diagnostics.js';

type Level = 'debug' | 'info' | 'warn';

/** What `setLogger` takes: `console`, pino, and what looks like them. Levels that it does not have are not logged. */
export interface Logger {
  /** Connections, messages, requests. */
  debug?(fields: object, text: string): void;
  /** What starts or changes, and is in order. */
  info?(fields: object, text: string): void;
  /** What failed, or was refused. */
  warn?(fields: object, text: string): void;
}

type Lines = { readonly [N in EventName]: (event: DiagnosticsEvents[N]) => readonly [Level, string] };

const LINES: Lines = {
  'gips:listener.bind': ({ listener }) => ['info', `${listener} listens`],
  'gips:connection.open': ({ channel, side, credentials }) => [
    'debug',
    `${channel} is open; ${side === 'client' ? 'the server' : 'the client'} is ${who(credentials)}`,
  ],
  'gips:connection.reject': ({ listener, credentials, error }) => ['warn', `${listener} turned away ${who(credentials)}: ${error.message}`],
  'gips:connection.close': ({ channel, error }) =>
    error === undefined ? ['debug', `${channel} has ended in order`] : ['warn', `${channel} has failed: ${error.message}`],
  'gips:message.send': ({ channel, kind, size }) => ['debug', `${channel} sends a ${kind} of ${size} bytes`],
  'gips:message.recv': ({ channel, kind, size }) => ['debug', `${channel} got a ${kind} of ${size} bytes`],
  'gips:request.start': ({ channel, side, size }) => ['debug', `${channel} ${side === 'caller' ? 'asks' : 'is asked'} with ${size} bytes`],
  'gips:request.end': ({ channel, side, duration = 0, error }) => [
    'debug',
    `${channel} ${side === 'caller' ? 'was answered' : 'has answered'} after ${duration.toFixed(3)} ms${error === undefined ? '' : `: ${error instanceof Error ? error.message : inspect(error)}`}`,
  ],
  'gips:ring.open': ({ channel }) => ['debug', `${channel} goes by a ring from now on`],
  'gips:ring.refused': ({ channel }) => ['info', `${channel} gets no ring, and goes on by its socket`],
  'gips:spin.stop': ({ channel, reason }) => ['info', `${channel} does not spin any more: ${reason}`],
};

function who({ pid, uid }: { readonly pid: number; readonly uid: string }): string {
  return `process ${pid} of user ${uid}`;
}

type Write = (level: Level, event: object, text: string) => void;

/** Subscribes to everything. What it returns ends that. */
function subscribe(write: Write): () => void {
  const subscriptions = (Object.keys(LINES) as EventName[]).map((name) => {
    const toLine = LINES[name] as (event: unknown) => readonly [Level, string];
    const onEvent = (event: unknown): void => {
      const [level, text] = toLine(event);
      write(level, { event: name, ...(event as object) }, text);
    };
    diagnostics.subscribe(name, onEvent);
    return () => void diagnostics.unsubscribe(name, onEvent);
  });
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

let unsubscribe: (() => void) | undefined;
let current: Logger | null = null;

/**
 * Has everything that happens logged: a listener that listens with `info`; clients turned away, and channels that fail, with `warn`; connections, messages and requests with `debug`. Each call
 * gets an object with the fields of the event (see `DiagnosticsEvents`; its name is `event`) and a text, as pino takes them; `console` prints both. A logger that throws is an uncaught exception, and
 * harms no channel.
 *
 * Without this call, `NODE_DEBUG=gips` in the environment prints the same lines to standard error.
 * @param logger `null` to log no more
 * @returns the logger before, if there was one
 * @throws TypeError `ERR_INVALID_ARG_TYPE`
 * @example
 * setLogger(console);
 * setLogger(pino({ level: 'info' }));   // messages and requests are 'debug'
 */
export function setLogger(logger: Logger | null): Logger | null {
  if (logger !== null && typeof logger !== 'object' && typeof logger !== 'function')
    throw invalidArgType('logger', 'a logger, or null', logger);
  const before = current;
  unsubscribe?.();
  current = logger;
  unsubscribe = logger === null ? undefined : subscribe((level, fields, text) => logger[level]?.(fields, text));
  return before;
}

const debug = debuglog('gips');
if (debug.enabled) subscribe((_, __, text) => debug('%s', text));
