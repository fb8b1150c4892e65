import { EventEmitter } from 'eventemitter3';
import { kSource, type Source, type SourceHandle } from '../poll/source.js';
import type { Payload } from '../validate.js';
import { adopt, adoptActivated, openAcceptor, openAcceptorSync } from './bind.js';
import { broadcast, type BroadcastOptions } from './broadcast.js';
import type { Connection } from './connection.js';
import type { ListenerEvents } from './events.js';
import { validateHandler, validateServeOptions, type Handler, type ServeOptions } from './handler.js';
import type { Host } from './host.js';
import { HostHandle } from './host-handle.js';
import { wrap, type IpcObject } from './ipc-object.js';
import { validateDrain, type CallOptions, type ListenerCloseOptions, type ListenerOptions } from './options.js';
import type { Pod } from './pod.js';
import type { Policy } from './policy.js';
import { createService, type Service } from './service.js';
import type { ServiceDescriptor } from './service-descriptor.js';
import type { ListenerStats } from './stats.js';

type EventName = EventEmitter.EventNames<ListenerEvents>;
type EventListener<E extends EventName> = EventEmitter.EventListener<ListenerEvents, E>;

/**
 * A service that clients connect to. It is consumed in one way, and the first use decides which: by pods (`accept` and its other forms, `for await`), each of them
 * one message of one client; or by `connections()`. Mixing them is `ERR_GIPS_BUSY`.
 *
 * It keeps the process alive until `close()` or `unref()`, unless it was bound by `bindSync` and has only been used without the event loop.
 */
export class Listener extends EventEmitter<ListenerEvents> implements AsyncIterable<Pod>, AsyncDisposable, Source {
  readonly #host: Host;
  #handle: HostHandle | undefined = undefined;

  private constructor(host: Host) {
    super();
    this.#host = host;
    host.events = this;
  }

  /**
   * Serves at once: clients are accepted, greeted and admitted, and their messages held up to the high-water mark, before the first `accept()`.
   * @param service its name, or a descriptor with the policy that admits clients, by default `Policy.sameUser()`
   * @throws GipsError `EADDRINUSE` if a live listener has the name
   */
  static override async bind(service: string | ServiceDescriptor, options?: ListenerOptions): Promise<Listener> {
    const listener = new Listener(await openAcceptor(service, options));
    listener.#host.watch();
    return listener;
  }

  /** Binds without the event loop: the work is done by `acceptSync`, `tryAccept` or a `Poller`, or begins with the first asynchronous use. */
  static bindSync(service: string | ServiceDescriptor, options?: ListenerOptions): Listener {
    return new Listener(openAcceptorSync(service, options));
  }

  /**
   * Accepts on another process's listening handle: the other end of `share()`. The name stays that process's.
   * @param object is consumed
   * @throws GipsError `EINVAL` if it is no such handle, which leaves the object as it was
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- so that every failure is a rejection
  static async from(object: IpcObject, options?: ListenerOptions & { policy?: Policy | undefined }): Promise<Listener> {
    const listener = new Listener(adopt(object, options));
    listener.#host.watch();
    return listener;
  }

  /**
   * Accepts on a socket that systemd listens on (`ListenSequentialPacket=` in a .socket unit), by its protocol, sd_listen_fds(3). The name, and the socket file, stay systemd's. Each
   * socket can be taken once; those passed under one name are given one by one.
   * @param name `FileDescriptorName=`, which is the .socket unit's own name by default; it may be left out where one socket was passed
   * @throws GipsError `ENOENT` if nothing was passed to this process, or not under this name; `EINVAL` if there are several and no name is given, or it is no listening Unix socket of type
   *   `SOCK_SEQPACKET`; `ERR_GIPS_BUSY` if it was taken before
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- so that every failure is a rejection
  static async fromActivation(name?: string, options?: ListenerOptions & { policy?: Policy | undefined }): Promise<Listener> {
    const listener = new Listener(adoptActivated(name, options));
    listener.#host.watch();
    return listener;
  }

  override on<E extends EventName>(event: E, listener: EventListener<E>, context?: unknown): this {
    super.on(event, listener, context);
    return this.#subscribed(event);
  }

  /** The same as `on`. */
  override addListener<E extends EventName>(event: E, listener: EventListener<E>, context?: unknown): this {
    return this.on(event, listener, context);
  }

  override once<E extends EventName>(event: E, listener: EventListener<E>, context?: unknown): this {
    super.once(event, listener, context);
    return this.#subscribed(event);
  }

  /** The service's name. */
  get name(): string {
    return this.#host.address;
  }

  /** The next message of any client. An aborted or timed-out call loses none. */
  accept(options?: CallOptions): Promise<Pod> {
    return this.#host.pods.take(options);
  }

  /**
   * As `accept`, blocking the thread.
   * @param timeout in ms, 0 = look and return; by default for ever
   */
  acceptSync(timeout?: number): Pod {
    return this.#host.pods.takeSync(timeout);
  }

  /** The next message, or `null` if none has come yet. Also does what is to be done for clients at the time, so call it until it returns `null`. */
  tryAccept(): Pod | null {
    return this.#host.pods.tryTake();
  }

  /** The messages to come, of all clients. Ends when the listener closes; leaving the loop ends the iteration only. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Pod, undefined> {
    this.#host.use('pods');
    return this.#host.pods.iterate();
  }

  /** The clients, each with its own messages, as soon as they are admitted; those admitted already come first. Ends when the listener closes. */
  connections(): AsyncIterableIterator<Connection, undefined> {
    this.#host.use('connections');
    return this.#host.arrivals.iterate();
  }

  /**
   * Answers what clients ask: the handler runs for each request and each message of each client, as they come.
   * @throws GipsError `ERR_GIPS_BUSY` if the listener is consumed in another way
   * @example
   * listener.serve(async ({ message, credentials }) => `${credentials.userId} said ${message.text()}`, { concurrency: 8 });
   */
  serve(handler: Handler, options?: ServeOptions): Service {
    return createService(this.#host.serve(validateHandler(handler), validateServeOptions(options)));
  }

  /**
   * Sends a message to all clients that are connected, however the listener is consumed. The bytes are taken before the call returns. A client that leaves meanwhile, or cannot be
   * sent it, never makes the others miss it: it is counted.
   * @returns how many connections have accepted the message, as `send` does, and how many of those it was for have not
   * @throws GipsError `EMSGSIZE` if the listener itself sends no message as large; and what is wrong with the arguments, before anything is sent. A `timeout` or
   *   `signal` that ends the waiting is no error: what became of the message is counted
   * @example
   * const { dropped } = await listener.broadcast('tick', { filter: (connection) => subscribers.has(connection), slow: 'drop' });
   */
  broadcast(
    payload: Payload,
    options?: BroadcastOptions,
  ): Promise<{
    /** How many connections have accepted the message. */
    sent: number;
    /** How many of those it was meant for have not. */
    dropped: number;
  }> {
    return broadcast(this.#host, payload, options);
  }

  /** A duplicate of the listening handle, to send to another process that accepts clients beside this one, by `Listener.from`. */
  share(): IpcObject {
    return wrap(this.#host.share());
  }

  /** What has happened so far. */
  get stats(): ListenerStats {
    return this.#host.stats;
  }

  /**
   * Stops accepting, frees the name at once, and closes every connection with a goodbye; resolves when all of that is done. Pending calls fail with
   * `ERR_GIPS_CLOSED`, iterators end.
   * @param options `drain`: how long clients may stay; a second call without it ends that at once
   */
  close(options?: ListenerCloseOptions): Promise<void> {
    try {
      return this.#host.close(validateDrain(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Undoes `unref`. */
  ref(): this {
    this.#host.accepting.setRef(true);
    return this;
  }

  /** Lets the process exit though the listener is open. */
  unref(): this {
    this.#host.accepting.setRef(false);
    return this;
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * For `Poller` alone.
   * @internal
   */
  get [kSource](): SourceHandle {
    return (this.#handle ??= new HostHandle(this.#host));
  }

  #subscribed(event: EventName): this {
    if (event === 'connection') this.#host.onObserved();
    return this;
  }
}
