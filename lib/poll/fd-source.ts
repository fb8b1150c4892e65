/** Any descriptor as a source of a `Poller`. */
import { validateFd } from '../validate.js';
import { Claim } from './claim.js';
import { kSource, type Source, type SourceHandle } from './source.js';

/**
 * Lets a `Poller` watch any descriptor that can be polled: a pipe, a socket, a terminal, a timerfd. Regular files and directories cannot.
 *
 * The descriptor stays the caller's. Deregister it before it is closed: the number may soon stand for something else.
 */
export class FdSource implements Source {
  /** @internal */
  readonly [kSource]: SourceHandle;

  /** @param fd an open descriptor; whether it is one is found out by `Poller.register` */
  constructor(fd: number) {
    this[kSource] = new FdHandle(validateFd(fd, 'fd'));
  }
}

class FdHandle implements SourceHandle {
  readonly what: string;
  readonly buffered = false;
  readonly writable = true;
  readonly wantsWrite = false;
  readonly wantsRead = false;
  onClose: ((handle: SourceHandle) => void) | undefined;
  readonly #claim = new Claim();

  constructor(readonly fd: number) {
    this.what = `descriptor ${fd}`;
  }

  claim(poller: object): void {
    this.#claim.take(poller, this.what);
  }

  release(poller: object): void {
    this.#claim.drop(poller);
  }

  flush(): void {}

  tick(): void {}
}
