import { closedError } from '../errors.js';
import type { SourceHandle } from '../poll/source.js';
import type { Session } from './session.js';

/** A channel as its poller sees it. */
export class ChannelHandle implements SourceHandle {
  onClose: ((handle: SourceHandle) => void) | undefined = undefined;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
    session.link.onClose = () => this.onClose?.(this);
  }

  get what(): string {
    return this.#session.what;
  }

  get fd(): number {
    return this.#session.link.fd;
  }

  get buffered(): boolean {
    return this.#session.isOver || !this.#session.receiver.isEmpty;
  }

  get writable(): boolean {
    return this.#session.isOver || !this.#session.sender.isFull;
  }

  get wantsWrite(): boolean {
    return !this.#session.isOver && this.#session.link.waitsForSocket;
  }

  get wantsRead(): boolean {
    const { link, sender, isOver } = this.#session;
    return !isOver && sender.buffered > 0 && !link.waitsForSocket;
  }

  claim(poller: object): void {
    const { link, what, address } = this.#session;
    if (!link.isOpen) throw closedError(what, address);
    link.claim(poller);
  }

  release(poller: object): void {
    this.#session.link.unclaim(poller);
    this.#session.unclaimed();
  }

  flush(): void {
    this.#session.flush();
    if (this.wantsRead) this.#session.pump();
  }

  tick(): void {
    // A channel has no deadlines of its own.
  }
}
