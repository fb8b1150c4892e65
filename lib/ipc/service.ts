import { validateDrain } from './options.js';

/** What is behind a service. */
export interface Served {
  readonly pending: number;
  close(drain: number): Promise<void>;
}

/** The public face of what `serve()` has begun. */
export let createService: (served: Served) => Service;

/** What `serve()` has begun: a handler that answers requests, until `close()`. The listener or channel stays open. */
export class Service implements AsyncDisposable {
  readonly #served: Served;

  private constructor(served: Served) {
    this.#served = served;
  }

  static {
    createService = (served) => new Service(served);
  }

  /** How many requests and messages have been taken and not answered: those whose handlers run, and those that wait for a place. */
  get pending(): number {
    return this.#served.pending;
  }

  /**
   * Takes nothing more, and resolves when everything taken has its answer. The signals of handlers that still run when `drain` has passed are aborted, and their
   * callers get `ERR_GIPS_REMOTE`. Requests that come later fail with `ERR_GIPS_UNSUPPORTED`, until somebody serves again; messages stay to be received.
   * @param options `drain`: how long, in ms, handlers may still run, by default 0; a second call without it ends that at once
   */
  close(options?: { drain?: number | undefined }): Promise<void> {
    try {
      return this.#served.close(validateDrain(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
