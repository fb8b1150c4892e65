/** Any descriptor as a source of a `Poller`. */
import { busyError } from '../errors.js';
import { validateInteger } from '../validate.js';
import { kSource, type Source, type SourceHandle } from './source.js';

const MAX_FD = 2 ** 31 - 1;

/**
 * Lets a `Poller` watch any descriptor that can be polled: a pipe, a socket, a terminal, a timerfd. Regular files and directories cannot.
 *
 * The descriptor stays the caller's. Deregister it before it is closed: the number may soon stand for something else.
 */
export class FdSource implements Source {
  readonly [kSource]: SourceHandle;

  /** @param fd an open descriptor; whether it is one is found out by `Poller.register` */
  constructor(fd: number) {
    this[kSource] = new FdHandle(validateInteger(fd, 'fd', 0, MAX_FD));
  }
}

class FdHandle implements SourceHandle {
  readonly what: string;
  readonly buffered = false;
  readonly writable = true;
  readonly wantsWrite = false;
  readonly wantsRead = false;
  onClose: ((handle: SourceHandle) => void) | undefined;
  #poller: object | undefined;

  constructor(readonly fd: number) {
    this.what = `descriptor ${fd}`;
  }

  claim(poller: object): void {
    if (this.#poller !== undefined && this.#poller !== poller)
      throw busyError(`${this.what}: another Poller watches this source; deregister it there first`);
    this.#poller = poller;
  }

  release(poller: object): void {
    if (this.#poller === poller) this.#poller = undefined;
  }

  flush(): void {}

  tick(): void {}
}
