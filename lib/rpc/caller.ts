/** Calls as requests. */
import { GipsError } from '../errors.js';
import type { Channel } from '../ipc/channel.js';
import type { Message } from '../ipc/message.js';
import type { CallLimits } from '../validate.js';
import type { Codec } from './codec.js';
import { callHeader, malformed } from './format.js';
import { encode, join, objectsOf, Values, type Encoded } from './values.js';

/** The number of the last stream of each channel: they are the caller's to give, and each is used once. */
const streamCounts = new WeakMap<object, number>();

export class Caller {
  readonly channel: Pick<Channel, 'request'>;
  readonly codec: Codec<unknown>;
  readonly limits: CallLimits;

  constructor(channel: Pick<Channel, 'request'>, codec: Codec<unknown>, limits: CallLimits) {
    this.channel = channel;
    this.codec = codec;
    this.limits = limits;
  }

  /** What calls the method of this name. */
  method(name: string): (args: readonly unknown[]) => Promise<unknown> {
    const header = callHeader(name);
    const resultOf = (reply: Message): unknown => this.#result(reply, name);
    return (args) => {
      try {
        const values = this.encode(args);
        const objects = objectsOf(values);
        const options = objects === undefined ? this.limits : { ...this.limits, objects };
        return this.channel.request(join(header, values), options).then(resultOf);
      } catch (error) {
        return Promise.reject(error);
      }
    };
  }

  encode(args: readonly unknown[]): Encoded[] {
    return args.map((arg) => encode(this.codec, arg));
  }

  nextStream(): number {
    const number = ((streamCounts.get(this.channel) ?? 0) + 1) >>> 0;
    streamCounts.set(this.channel, number);
    return number;
  }

  #result(reply: Message, name: string): unknown {
    const values = new Values(reply, this.codec, 0);
    try {
      const results = values.rest();
      if (results.length !== 1) throw malformed(`there are ${results.length} results`);
      return results[0];
    } catch (error) {
      values.discard();
      throw incomprehensible(name, error);
    }
  }
}

export function incomprehensible(name: string, cause: unknown): GipsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GipsError(`call ${name}(): its result cannot be decoded: ${reason}; check that both sides have the same codec`, {
    code: 'EBADMSG',
    cause,
  });
}
