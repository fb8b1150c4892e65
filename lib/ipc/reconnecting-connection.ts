/** One connection after the other to the same service. */
import { GipsError } from '../errors.js';
import { Endpoint } from './endpoint.js';
import { goodbye, type Subject } from './endings.js';
import type { ConnectOptions } from './options.js';
import type { Pauses } from './reconnecting-backoff.js';
import type { ServiceDescriptor } from './service-descriptor.js';

/** How long a server may take to answer where the user has set no limit: one that is stopped must not keep another from being found. */
const ATTEMPT_MS = 10_000;

/** What passes by itself: the server is gone, not there yet, or has too much to do. */
const TRANSIENT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAGAIN', 'ETIMEDOUT']);

export interface ConnectionUser {
  onConnected(endpoint: Endpoint): void;
  onDisconnected(endpoint: Endpoint, error: Error): void;
  /** Resolves when another connection may be made. */
  whenReady(): Promise<void>;
  /** There will be no connection any more. */
  onFailed(error: Error): void;
}

export class ReconnectingConnection {
  readonly #service: string | ServiceDescriptor;
  readonly #options: ConnectOptions;
  readonly #subject: Subject;
  readonly #pauses: Pauses;
  readonly #user: ConnectionUser;
  readonly #stopped = new AbortController();
  #endPause: (() => void) | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #keepsAlive = false;

  constructor(service: string | ServiceDescriptor, options: ConnectOptions, subject: Subject, pauses: Pauses, user: ConnectionUser) {
    const { timeout } = options;
    this.#service = service;
    this.#options = {
      ...options,
      wait: false,
      timeout: timeout === undefined || timeout === Infinity ? ATTEMPT_MS : timeout,
      signal: this.#stopped.signal,
    };
    this.#subject = subject;
    this.#pauses = pauses;
    this.#user = user;
  }

  /** Goes on until `stop`, or until something is wrong that does not pass. */
  async run(first: Endpoint): Promise<void> {
    for (let endpoint: Endpoint | undefined = first; endpoint !== undefined; endpoint = await this.#reconnect()) {
      const since = performance.now();
      this.#user.onConnected(endpoint);
      const error = (await endpoint.closed) ?? goodbye(this.#subject).error();
      if (this.#isStopped()) return;
      this.#pauses.onEnd(performance.now() - since);
      this.#user.onDisconnected(endpoint, error);
      if (!isTransient(error)) return this.#fail(error);
    }
  }

  stop(): void {
    this.#stopped.abort();
    this.#endPause?.();
  }

  /** Whether a pause keeps the process alive. */
  keepAlive(isWanted: boolean): void {
    this.#keepsAlive = isWanted;
    if (isWanted) this.#timer?.ref();
    else this.#timer?.unref();
  }

  async #reconnect(): Promise<Endpoint | undefined> {
    while (!this.#isStopped()) {
      await this.#user.whenReady();
      await this.#pause();
      if (this.#isStopped()) return undefined;
      try {
        const endpoint = await Endpoint.connect(this.#service, this.#options);
        if (!this.#isStopped()) return endpoint;
        endpoint.destroy();
      } catch (error) {
        if (!this.#isStopped() && !isTransient(error)) this.#fail(error as Error);
      }
    }
    return undefined;
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  #fail(error: Error): void {
    this.stop();
    this.#user.onFailed(error);
  }

  #pause(): Promise<void> {
    if (this.#isStopped()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#endPause = () => {
        clearTimeout(this.#timer);
        this.#timer = this.#endPause = undefined;
        resolve();
      };
      this.#timer = setTimeout(this.#endPause, this.#pauses.next());
      this.keepAlive(this.#keepsAlive);
    });
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof GipsError && TRANSIENT.has(error.code);
}
