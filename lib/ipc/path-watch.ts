import { existsSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Tells of changes on the way to a file that need not exist yet, nor the directories it is to be in. */
export class PathWatch {
  readonly #path: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined = undefined;

  constructor(path: string, onChange: () => void) {
    this.#path = path;
    this.#onChange = onChange;
  }

  /** False where the system does not tell of changes: the directory cannot be read, or there are too many watches. */
  get isActive(): boolean {
    return this.#watcher !== undefined;
  }

  /** Watches, without a gap, the nearest directory there is now. A watch follows its directory, not the name, so this is due from time to time. */
  renew(): void {
    const previous = this.#watcher;
    try {
      this.#watcher = this.#watchNearest();
    } catch {
      this.#watcher = undefined;
    }
    previous?.close();
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watchNearest(): FSWatcher {
    for (;;) {
      const next = nextOf(this.#path);
      const watcher = this.#watch(dirname(next), basename(next));
      // Otherwise the directory has appeared before it was watched for.
      if (nextOf(this.#path) === next) return watcher;
      watcher.close();
    }
  }

  #watch(directory: string, awaited: string): FSWatcher {
    // The end of the directory itself is told by its own name.
    const own = basename(directory);
    const watcher = watch(directory, { persistent: false }, (_, name) => {
      if (name === null || name === awaited || name === own) this.#onChange();
    });
    return watcher.on('error', this.#onChange);
  }
}

/** The part of `path` that may appear next: the directory it is in exists. */
function nextOf(path: string): string {
  let next = path;
  while (!existsSync(dirname(next))) next = dirname(next);
  return next;
}
