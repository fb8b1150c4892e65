/** One source in one poller: what the kernel is asked to watch for, and what comes of it. */
import type { NativeSelector } from '../native/binding.js';
import { Interest, type Token } from './events.js';
import type { SourceHandle } from './source.js';

export class Registration {
  readonly fd: number;
  interest: Interest;
  #watched: Interest = 0;
  #announced: Interest = 0;

  constructor(
    readonly selector: NativeSelector,
    readonly token: Token,
    readonly handle: SourceHandle,
    interest: Interest,
  ) {
    this.fd = handle.fd;
    this.interest = interest;
  }

  /** Starts watching. 0, or a negative errno. */
  begin(): number {
    this.#watched = this.#wanted();
    return this.selector.add(this.fd, this.token, this.#watched);
  }

  /** Stops watching. That the descriptor may be closed already is no error: the kernel has then stopped by itself. */
  end(): void {
    this.selector.remove(this.fd);
  }

  /** To be called before each wait. True if the source is ready without the kernel. */
  prepare(): boolean {
    this.handle.tick();
    this.#flush();
    this.#follow();
    return this.#isBuffered();
  }

  /** The kernel says what the descriptor is ready for. */
  announce(readiness: Interest): void {
    this.#announced = readiness;
  }

  /** What the source is ready for, of what its user wants to know; forgets what was announced. */
  takeReadiness(): Interest {
    const announced = this.#announced;
    this.#announced = 0;
    if (announced !== 0) this.#flush();
    const readable = this.#isBuffered() || (announced & Interest.READABLE) !== 0;
    const writable = this.handle.writable && (announced & Interest.WRITABLE) !== 0;
    return this.interest & ((readable ? Interest.READABLE : 0) | (writable ? Interest.WRITABLE : 0));
  }

  #flush(): void {
    if (this.handle.wantsWrite || this.handle.wantsRead) this.handle.flush();
  }

  #isBuffered(): boolean {
    return (this.interest & Interest.READABLE) !== 0 && this.handle.buffered;
  }

  /** A source that cannot be written for want of credit has a writable socket all the same: watching that would never sleep. */
  #wanted(): Interest {
    const { handle, interest } = this;
    const read = (interest & Interest.READABLE) !== 0 || handle.wantsRead;
    const write = ((interest & Interest.WRITABLE) !== 0 && handle.writable) || handle.wantsWrite;
    return (read ? Interest.READABLE : 0) | (write ? Interest.WRITABLE : 0);
  }

  #follow(): void {
    const wanted = this.#wanted();
    if (wanted === this.#watched) return;
    this.#watched = wanted;
    this.selector.modify(this.fd, this.token, wanted);
  }
}
