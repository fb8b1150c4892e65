import { validateDrain } from './options.js';
import type { Serving } from './serving.js';

/** What a service stands for. */
type Served = Pick<Serving, 'pending' | 'close'>;

/** The public face of what `serve()` has begun. */
export let createService: (served: Served) => Service;

/** What `serve()` has begun: a handler that answers requests, until `close()`. The listener or channel stays open. */
export class Service implements AsyncDisposable {
  readonly #serving: Served;

  private constructor(serving: Served) {
    this.#serving = serving;
  }

  static {
    createService = (serving) => new Service(serving);
  }

  /** How many requests and messages have been taken and not answered: those whose handlers run, and those that wait for a place. */
  get pending(): number {
    return this.#serving.pending;
  }

  /**
   * Takes nothing more, and resolves when everything taken has its answer. The signals of handlers that still run when `drain` has passed are aborted, and their
   * callers get `ERR_GIPS_REMOTE`. Requests that come later fail with `ERR_GIPS_UNSUPPORTED`, until somebody serves again; messages stay to be received.
   * @param options `drain`: how long, in ms, handlers may still run, by default 0; a second call without it ends that at once
   */
  close(options?: { drain?: number | undefined }): Promise<void> {
    try {
      return this.#serving.close(validateDrain(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
