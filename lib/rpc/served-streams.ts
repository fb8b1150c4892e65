/** The open streams of what is exposed, by channel. */
import { GipsError } from '../errors.js';
import type { Channel } from '../ipc/channel.js';
import type { Codec } from './codec.js';
import { malformed } from './format.js';
import { ServedStream } from './served-stream.js';

/** How many streams a channel may have open. */
const MAX_STREAMS = 256;

export class ServedStreams {
  readonly #codec: Codec<unknown>;
  readonly #channels = new Map<Channel, Map<number, ServedStream>>();

  constructor(codec: Codec<unknown>) {
    this.#codec = codec;
  }

  /** A stream under a number that the other side has given it. It ends with the channel. */
  open(channel: Channel, id: number): ServedStream {
    const streams = this.#streamsOf(channel);
    if (streams.has(id)) throw malformed(`stream ${id} is open already`);
    if (streams.size === MAX_STREAMS) {
      throw new GipsError(`the channel has ${MAX_STREAMS} open streams, and may have no more; leave one first`, { code: 'EAGAIN' });
    }
    const stream = new ServedStream(channel, this.#codec, () => streams.delete(id));
    streams.set(id, stream);
    return stream;
  }

  find(channel: Channel, id: number): ServedStream {
    const stream = this.#channels.get(channel)?.get(id);
    if (stream === undefined) throw malformed(`there is no stream ${id}`);
    return stream;
  }

  /** The other side has left it. */
  close(channel: Channel, id: number): void {
    this.#channels.get(channel)?.get(id)?.end(ended('its consumer has left'));
  }

  /** What is exposed is so no more. */
  closeAll(): void {
    for (const channel of this.#channels.keys()) this.#closeAllOf(channel, 'the service has closed');
  }

  #streamsOf(channel: Channel): Map<number, ServedStream> {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const streams = new Map<number, ServedStream>();
    this.#channels.set(channel, streams);
    void channel.closed.then(() => this.#closeAllOf(channel, 'its channel has ended'));
    return streams;
  }

  #closeAllOf(channel: Channel, reason: string): void {
    const streams = this.#channels.get(channel);
    this.#channels.delete(channel);
    for (const stream of streams?.values() ?? []) stream.end(ended(reason));
  }
}

function ended(reason: string): GipsError {
  return new GipsError(`the stream was ended: ${reason}`, { code: 'ERR_GIPS_CLOSED' });
}
