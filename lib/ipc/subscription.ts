import type { ChannelEvents, SubscriberObserver } from './events.js';
import { Want } from './link.js';
import type { Message } from './message.js';
import { emitSafely, rethrow } from './rethrow.js';
import type { Session } from './session.js';
import type { Taking } from './taker.js';

/** The subscribers of `'message'`, who get everything as it comes. */
export class Subscription implements Taking, SubscriberObserver {
  readonly description = "'message' subscribers";
  readonly #session: Session;
  #isFlowing = false;
  #isErrorTold = false;

  constructor(session: Session) {
    this.#session = session;
  }

  get isActive(): boolean {
    return this.#session.receiver.isHeldBy(this);
  }

  /** The subscribers of an event can only be told of it by the event loop, or by the poller that has the channel. */
  onFirst(event: keyof ChannelEvents): void {
    if (event === 'message') this.#start();
    else if (event === 'drain') this.#watchForRoom();
    else this.#session.watchIfFree();
  }

  onLast(event: keyof ChannelEvents): void {
    if (event !== 'message') return;
    this.#session.receiver.leave(this);
    this.#session.link.unwant(Want.PUSH);
  }

  /** For those who are in the middle of something: subscribers may call whatever they like. */
  flowSoon(): void {
    if (this.isActive) process.nextTick(() => this.flow());
  }

  flow(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    while (this.isActive && this.#flowOne());
    this.#isFlowing = false;
  }

  /** Tells of an end, once. */
  announce(error: Error): void {
    if (!this.#isErrorTold) this.#isErrorTold = this.#emitError(error);
  }

  #start(): void {
    const { host, link, receiver } = this.#session;
    host?.onUse();
    link.watch();
    receiver.hold(this);
    link.want(Want.PUSH);
    this.flowSoon();
  }

  #watchForRoom(): void {
    const { link } = this.#session;
    try {
      if (!link.isClaimed) link.watch();
    } catch {
      // A poller has the listener, and tells.
    }
  }

  #flowOne(): boolean {
    const { receiver } = this.#session;
    let message: Message | undefined;
    try {
      message = receiver.next();
    } catch (error) {
      if (!this.#emitError(error as Error)) rethrow(error);
      return true;
    }
    if (message !== undefined) this.#emitMessage(message);
    else if (receiver.ending?.isOrderly === false) this.#fail(receiver.ending.error());
    return message !== undefined;
  }

  /** After the last message: as everywhere in Node, an error that nobody listens for is an uncaught exception. */
  #fail(error: Error): void {
    if (this.#isErrorTold) return;
    this.#isErrorTold = true;
    if (!this.#emitError(error)) rethrow(error);
  }

  #emitMessage(message: Message): void {
    const { events } = this.#session;
    if (events !== undefined) emitSafely(events, 'message', message);
  }

  #emitError(error: Error): boolean {
    const { events } = this.#session;
    return events !== undefined && emitSafely(events, 'error', error);
  }
}
