/** Waiting for a service that nobody serves yet. */
import { SLICE_MS } from '../poll/source.js';
import { sleepSync } from './deadline.js';
import { fileOf } from './names.js';
import { PathWatch } from './path-watch.js';

const SHORTEST_PAUSE_MS = 1;
/** Of an abstract name nothing tells. */
const LONGEST_PAUSE_MS = SLICE_MS;
/**
 * Where the file system tells of changes, it does not tell of all: that a socket whose file is there begins to listen (which mostly follows at once,
 * and the pauses are short then), or what is behind a symbolic link.
 */
const LONGEST_WATCHED_PAUSE_MS = 1000;

/** The pauses between the attempts to reach a service: longer and longer ones, until its file changes. */
export class Appearance {
  readonly #watch: PathWatch | undefined;
  #hasBegun = false;
  #pauseMs = SHORTEST_PAUSE_MS;
  #wake: (() => void) | undefined = undefined;

  constructor(name: string) {
    const path = fileOf(name);
    if (path !== undefined) this.#watch = new PathWatch(path, () => this.#onChange());
  }

  /** Resolves when it is time for another attempt, after `limit` ms at the latest, or when aborted. Keeps the process alive meanwhile. */
  async pause(limit: number, signal: AbortSignal | undefined): Promise<void> {
    // It is watched before it is looked at, so that nothing happens in between: the first pause is none.
    if (this.#hasBegun || this.#watch === undefined) await this.#sleep(limit, signal);
    this.#hasBegun = true;
    this.#watch?.renew();
  }

  /** As `pause`, blocking the thread, which hears of no changes meanwhile. */
  pauseSync(limit: number): void {
    sleepSync(Math.min(this.#nextPause(LONGEST_PAUSE_MS), limit));
  }

  close(): void {
    this.#watch?.close();
  }

  #sleep(limit: number, signal: AbortSignal | undefined): Promise<void> {
    const ms = Math.min(this.#nextPause(this.#watch?.isActive === true ? LONGEST_WATCHED_PAUSE_MS : LONGEST_PAUSE_MS), limit);
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = undefined;
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener('abort', wake);
      this.#wake = wake;
    });
  }

  #nextPause(longest: number): number {
    const pause = Math.min(this.#pauseMs, longest);
    this.#pauseMs = 2 * pause;
    return pause;
  }

  #onChange(): void {
    this.#pauseMs = SHORTEST_PAUSE_MS;
    this.#wake?.();
  }
}
