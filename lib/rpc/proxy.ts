import { invalidArgType } from '../errors.js';
import type { Channel } from '../ipc/channel.js';
import { validateCallOptions, validateObject, validateString, type CallOptions } from '../validate.js';
import { Caller } from './caller.js';
import { validateCodec, type Codec } from './codec.js';
import { isNeverRemote } from './methods.js';
import { RemoteStream } from './remote-stream.js';
import type { Remote, StreamName } from './types.js';

/** What calls look like on the way, and how long they may take. */
export interface ProxyOptions<T> extends CallOptions {
  /** The same as that of what is exposed. */
  codec: Codec<unknown>;
  /** The methods whose results are streams: this side cannot see it from a type. */
  streams?: readonly StreamName<T>[] | undefined;
}

/**
 * What `expose` exposes at the other side of a channel, as an object: each call of a method is a request. What is wrong with the arguments is told before anything is sent; bytes are copied, and objects
 * duplicated, before the call returns.
 *
 * - A method named in `streams` returns an `AsyncIterable`, which can be gone through once. The method is called when that begins. Leaving the loop, an error and the end of the channel
 *   end it on the other side, too.
 * - `timeout` and `signal` are those of each call, and in streams of each waiting for more. Make another proxy where others are needed: it costs nothing.
 * - `then`, `toJSON`, symbols and what every object has (`constructor`, `toString`, …) are never remote.
 * @throws GipsError (as a rejection) as `request`: `ERR_GIPS_REMOTE` if the method failed or there is none, its `cause` with name, message and code; `EBADMSG` for an answer that is no value
 * @example
 * const calculator = proxy<Calculator>(endpoint, { codec: codecs.structured, streams: ['primes'] });
 * await calculator.add(2, 3); // 5
 * for await (const prime of calculator.primes(100)) console.log(prime);
 */
export function proxy<T extends object>(channel: Pick<Channel, 'request'>, options: ProxyOptions<T>): Remote<T> {
  if (typeof (channel as Partial<Channel> | null | undefined)?.request !== 'function') {
    throw invalidArgType('channel', 'an instance of Channel', channel);
  }
  const codec = validateCodec(validateObject(options, 'options'));
  const streams = validateStreams(options.streams);
  const caller = new Caller(channel, codec, validateCallOptions(options));
  return new Proxy(TARGET, new Face(caller, streams)) as Remote<T>;
}

type Method = (...args: unknown[]) => Promise<unknown> | AsyncIterable<unknown>;

/** What is not remote is answered by this: an object like others, that cannot be changed. */
const TARGET = Object.freeze(Object.create({}, { [Symbol.toStringTag]: { value: 'Remote' } }) as object);

class Face implements ProxyHandler<object> {
  readonly #caller: Caller;
  readonly #streams: ReadonlySet<string>;
  readonly #methods = new Map<string, Method>();

  constructor(caller: Caller, streams: ReadonlySet<string>) {
    this.#caller = caller;
    this.#streams = streams;
  }

  get(target: object, name: string | symbol): unknown {
    if (typeof name === 'symbol' || isNeverRemote(name)) return Reflect.get(target, name);
    let method = this.#methods.get(name);
    if (method === undefined) {
      method = this.#make(name);
      this.#methods.set(name, method);
    }
    return method;
  }

  #make(name: string): Method {
    const caller = this.#caller;
    if (this.#streams.has(name)) return (...args) => new RemoteStream(caller, name, args);
    const call = caller.method(name);
    return (...args) => call(args);
  }
}

function validateStreams(streams: unknown): ReadonlySet<string> {
  if (streams === undefined) return new Set();
  if (!Array.isArray(streams)) throw invalidArgType('options.streams', 'an instance of Array', streams);
  return new Set(streams.map((name, index) => validateString(name, `options.streams[${index}]`)));
}
