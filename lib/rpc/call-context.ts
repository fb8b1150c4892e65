import { unsupportedError } from '../errors.js';
import type { IncomingRequest } from '../ipc/incoming-request.js';

/** Who calls, and until when the answer is wanted: see `currentCall`. */
export type CallContext = Pick<IncomingRequest, 'channel' | 'credentials' | 'signal'>;

let current: CallContext | undefined = undefined;

/**
 * The call that an exposed method answers: who calls, and a signal that aborts when nobody wants the result any more. To be called by the method itself before its first
 * `await`, as nothing of it is kept beyond: a method that does not ask costs nothing.
 * @throws GipsError `ERR_GIPS_UNSUPPORTED` elsewhere
 * @example
 * expose<Clock>(listener, {
 *   async *ticks(ms) {
 *     const { credentials, signal } = currentCall();
 *     for await (const _ of setInterval(ms, undefined, { signal })) yield `for ${credentials.userName}`;
 *   },
 * }, { codec: codecs.json });
 */
export function currentCall(): CallContext {
  if (current === undefined) {
    throw unsupportedError('currentCall(): no call is answered here; use it in an exposed method, before its first await');
  }
  return current;
}

/** What `work` does at once is done for this call. */
export function during<T>(call: CallContext, work: () => T): T {
  const outer = current;
  current = call;
  try {
    return work();
  } finally {
    current = outer;
  }
}
