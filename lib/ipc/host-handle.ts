import type { SourceHandle } from '../poll/source.js';
import type { Host } from './host.js';

/** A listener as its poller sees it. */
export class HostHandle implements SourceHandle {
  onClose: ((handle: SourceHandle) => void) | undefined = undefined;
  /** Nothing is sent on a listener; what its connections have to send is part of what its descriptor announces. */
  readonly writable = true;
  readonly wantsWrite = false;
  readonly wantsRead = false;
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
    host.onClose = () => this.onClose?.(this);
  }

  get what(): string {
    return this.#host.what;
  }

  get fd(): number {
    return this.#host.drive.fd;
  }

  get buffered(): boolean {
    return !this.#host.pods.isEmpty;
  }

  claim(poller: object): void {
    this.#host.assertOpen();
    this.#host.use('pods');
    this.#host.drive.claim(poller);
  }

  release(poller: object): void {
    this.#host.drive.unclaim(poller);
  }

  flush(): void {
    // See `wantsWrite`.
  }

  tick(): void {
    this.#host.tick();
  }
}
