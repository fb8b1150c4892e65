/** What `expose` answers requests with. */
import { unsupportedError } from '../errors.js';
import type { Answer, Handler } from '../ipc/handler.js';
import type { IncomingRequest } from '../ipc/incoming-request.js';
import { Later } from '../ipc/later.js';
import { during } from './call-context.js';
import type { Codec } from './codec.js';
import { Operation, parseCall } from './format.js';
import type { Method } from './methods.js';
import { isStream } from './served-stream.js';
import { ServedStreams } from './served-streams.js';
import { encode, join, objectsOf, Values } from './values.js';

const NO_HEADER = Buffer.alloc(0);

export class Exposed {
  readonly streams: ServedStreams;
  readonly #target: object;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #codec: Codec<unknown>;

  /** @param target what `this` is in the methods */
  constructor(target: object, methods: ReadonlyMap<string, Method>, codec: Codec<unknown>) {
    this.#target = target;
    this.#methods = methods;
    this.#codec = codec;
    this.streams = new ServedStreams(codec);
  }

  readonly handler = ((request: IncomingRequest): Answer | Promise<Answer> | Later => {
    // A plain message asks for nothing, and who sent it does not wait to hear of a mistake.
    if (!request.isRequest) return request.message.discard();
    return this.#answer(request);
  }) as Handler;

  #answer(request: IncomingRequest): Answer | Promise<Answer> | Later {
    const { channel, message } = request;
    let isUnderstood = false;
    try {
      const call = parseCall(message.payload);
      switch (call.operation) {
        case Operation.CALL: {
          const invoke = this.#invocation(request, call);
          isUnderstood = true;
          return this.#result(during(request, invoke));
        }
        case Operation.OPEN: {
          const invoke = this.#invocation(request, call);
          const stream = this.streams.open(channel, call.id);
          isUnderstood = true;
          const first = stream.take(call.credit);
          stream.begin(invoke);
          return new Later(first);
        }
        case Operation.NEXT:
          return new Later(this.streams.find(channel, call.id).take(call.credit));
        case Operation.CLOSE:
          return this.streams.close(channel, call.id);
      }
    } finally {
      if (!isUnderstood) message.discard();
    }
  }

  /** The call, ready to be made; throws if it cannot be. Its objects are the method's then. */
  #invocation({ message }: IncomingRequest, { name, size }: { name: string; size: number }): () => unknown {
    const method = this.#methods.get(name);
    if (method === undefined) throw unsupportedError(`there is no method ${JSON.stringify(name.slice(0, 100))} here`);
    const values = new Values(message, this.#codec, size);
    try {
      const args = values.rest();
      return () => method.apply(this.#target, args);
    } catch (error) {
      values.discard();
      throw error;
    }
  }

  #result(result: unknown): Answer | Promise<Answer> {
    if (!isThenable(result)) return this.#encode(result);
    return Promise.resolve(result).then((value) => this.#encode(value));
  }

  #encode(result: unknown): Answer {
    if (isStream(result)) throw unsupportedError('the result of the method is a stream: name it in the streams of the proxy');
    const values = [encode(this.#codec, result)];
    return { payload: join(NO_HEADER, values), objects: objectsOf(values) };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
