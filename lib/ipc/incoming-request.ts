import { Kind } from '../native/index.js';
import type { Channel } from './channel.js';
import type { Credentials } from './credentials.js';
import type { Message } from './message.js';

/** For services alone. */
export let createRequest: (channel: Channel, message: Message) => IncomingRequest;

/** Aborts the request's signal. */
export let abortRequest: (request: IncomingRequest, reason: unknown) => void;

/** What a handler gets: a request to answer, or a plain message. */
export class IncomingRequest {
  /** What was asked. Its objects belong to the handler: close those you do not want. */
  readonly message: Message;
  /** Where it came from. Receiving from it is `ERR_GIPS_BUSY` while it is served; sending and asking are not. */
  readonly channel: Channel;
  #controller: AbortController | undefined = undefined;
  #reason: { value: unknown } | undefined = undefined;

  private constructor(channel: Channel, message: Message) {
    this.channel = channel;
    this.message = message;
  }

  static {
    createRequest = (channel, message) => new IncomingRequest(channel, message);
    abortRequest = (request, reason) => {
      request.#reason ??= { value: reason };
      request.#controller?.abort(reason);
    };
  }

  /**
   * A plain message has no one who waits for the answer.
   * @internal
   */
  get isRequest(): boolean {
    return this.message.kind === Kind.REQUEST;
  }

  /** Who asks, as the kernel knows it. */
  get credentials(): Credentials {
    return this.channel.credentials;
  }

  /** Aborts when nobody waits for the answer any more: the caller has aborted, timed out or gone, the handler's own time is over, or the service has closed. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.value);
    }
    return this.#controller.signal;
  }
}
