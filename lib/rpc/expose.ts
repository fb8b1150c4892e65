import { invalidArgType } from '../errors.js';
import type { Channel } from '../ipc/channel.js';
import type { ServeOptions } from '../ipc/handler.js';
import type { Listener } from '../ipc/listener.js';
import { createService, type Service } from '../ipc/service.js';
import { validateObject } from '../validate.js';
import { validateCodec, type Codec } from './codec.js';
import { Exposed } from './exposed.js';
import { methodsOf } from './methods.js';
import type { Methods } from './types.js';

/** How the methods are served, and what their arguments and results are on the way. */
export interface ExposeOptions extends ServeOptions {
  /** The same as the proxies have. */
  codec: Codec<unknown>;
}

/**
 * Answers calls of `proxy` by the methods of an object: its own enumerable functions, as they are at this time, with the object as `this`. What it inherits is not
 * exposed. What a method returns, or the Promise of that, goes back; what it throws fails the call with its name, message and code. An `AsyncIterable` is a stream, which is asked for
 * its items as its consumer takes them, and left (`return()`) when that leaves, aborts or dies.
 *
 * The arguments come from another process, and nothing has checked that they are what the interface says. A method owns the `Shm` and `IpcObject` it is given, and those it returns: the
 * caller gets duplicates.
 * @param target is consumed as by `serve`
 * @throws TypeError if there are no methods, or one is named `then`, `toJSON` or like a property of every object: a proxy would never call it
 * @throws GipsError `ERR_GIPS_BUSY` if the target is consumed in another way
 * @example
 * expose<Calculator>(listener, { add: (a, b) => a + b }, { codec: codecs.structured, concurrency: 8 });
 */
export function expose<T extends object>(target: Listener | Channel, methods: Methods<T>, options: ExposeOptions): Service {
  if (typeof (target as Partial<Channel> | null | undefined)?.serve !== 'function') {
    throw invalidArgType('target', 'an instance of Listener or Channel', target);
  }
  const codec = validateCodec(validateObject(options, 'options'));
  const exposed = new Exposed(methods, methodsOf(methods), codec);
  const service = target.serve(exposed.handler, options);
  const onAbort = (): void => exposed.streams.closeAll();
  options.signal?.addEventListener('abort', onAbort);
  return createService({
    get pending() {
      return service.pending;
    },
    close(drain) {
      options.signal?.removeEventListener('abort', onAbort);
      const closed = service.close({ drain });
      exposed.streams.closeAll();
      return closed;
    },
  });
}
