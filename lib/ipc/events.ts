/** Events, by eventemitter3. */
import { EventEmitter } from 'eventemitter3';
import type { Credentials } from './credentials.js';
import type { Connection } from './connection.js';
import type { Message } from './message.js';

/** The events of a channel, with the arguments of their listeners. */
export interface ChannelEvents {
  /** A message has come. Subscribing makes the channel flow, removing the last subscriber stops it. */
  message: [message: Message];
  /** After a `trySend()` that returned `false`: there is room again. */
  drain: [];
  /** The channel has failed, or (`EAGAIN`) a message was lost because its objects could not be received. */
  error: [error: Error];
  /** The channel has ended: in order, or with an error. */
  close: [error: Error | undefined];
}

/** The events of a `ReconnectingEndpoint`, with the arguments of their listeners; `error` and `close` are of its own end, not of a connection's. */
export interface ReconnectingEvents extends ChannelEvents {
  /** The connection has ended, and why: from now on everything waits for the next one. */
  disconnect: [error: Error];
  /** The server is there again. */
  reconnect: [];
}

/** The events of a listener, with the arguments of their listeners. */
export interface ListenerEvents {
  /** A client has been admitted. */
  connection: [connection: Connection];
  /** A client was turned away, and why; the listener goes on. */
  rejected: [error: Error, credentials: Credentials];
  /** A shortage that the listener survives (`EAGAIN`). Without a subscriber it becomes a process warning. */
  error: [error: Error];
  /** The listener has closed. */
  close: [];
}

type EventName<Events extends EventEmitter.ValidEventTypes> = EventEmitter.EventNames<Events>;
type EventListener<Events extends EventEmitter.ValidEventTypes, E extends EventName<Events>> = EventEmitter.EventListener<Events, E>;

/** Is told when an event's first subscriber comes and its last one goes. */
export interface SubscriberObserver<Name = keyof ChannelEvents> {
  onFirst(event: Name): void;
  onLast(event: Name): void;
}

/** An emitter that knows whether somebody listens. */
export class ObservedEmitter<Events extends EventEmitter.ValidEventTypes = ChannelEvents> extends EventEmitter<Events> {
  readonly #observer: SubscriberObserver<EventName<Events>>;

  constructor(observer: SubscriberObserver<EventName<Events>>) {
    super();
    this.#observer = observer;
  }

  override on<E extends EventName<Events>>(event: E, listener: EventListener<Events, E>, context?: unknown): this {
    this.#beforeAdding(event, listener);
    return super.on(event, listener, context);
  }

  /** The same as `on`. */
  override addListener<E extends EventName<Events>>(event: E, listener: EventListener<Events, E>, context?: unknown): this {
    return this.on(event, listener, context);
  }

  override once<E extends EventName<Events>>(event: E, listener: EventListener<Events, E>, context?: unknown): this {
    this.#beforeAdding(event, listener);
    return super.once(event, listener, context);
  }

  override removeListener<E extends EventName<Events>>(
    event: E,
    listener?: EventListener<Events, E>,
    context?: unknown,
    once?: boolean,
  ): this {
    const before = this.listenerCount(event);
    super.removeListener(event, listener, context, once);
    this.#afterRemoving(event, before);
    return this;
  }

  /** The same as `removeListener`. */
  override off<E extends EventName<Events>>(event: E, listener?: EventListener<Events, E>, context?: unknown, once?: boolean): this {
    return this.removeListener(event, listener, context, once);
  }

  override removeAllListeners(event?: EventName<Events>): this {
    const names = event === undefined ? this.eventNames() : [event];
    for (const name of names) {
      const before = this.listenerCount(name);
      super.removeAllListeners(name);
      this.#afterRemoving(name, before);
    }
    return this;
  }

  #beforeAdding(event: EventName<Events>, listener: unknown): void {
    if (typeof listener === 'function' && this.listenerCount(event) === 0) this.#observer.onFirst(event);
  }

  #afterRemoving(event: EventName<Events>, before: number): void {
    if (before > 0 && this.listenerCount(event) === 0) this.#observer.onLast(event);
  }
}
