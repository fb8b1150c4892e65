/** Finding out that a silent peer is gone: one that is stopped, or hangs, and has not closed its end. */
import { Kind, NOTHING } from '../native/index.js';
import { silent } from './endings.js';
import type { KeepAliveSettings } from './options.js';
import type { Session } from './session.js';

/** For one channel. Only while the event loop has it: nobody else would read the answers in time. */
export class KeepAlive {
  readonly #session: Session;
  readonly #settings: KeepAliveSettings;
  #timer: NodeJS.Timeout | undefined = undefined;
  #isStopped = false;
  #isAsking = false;
  #pings = 0;
  /** How many packets had come when it was last looked. */
  #heard = 0;

  constructor(session: Session, settings: KeepAliveSettings) {
    this.#session = session;
    this.#settings = settings;
    this.#rest();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** A PONG has come. Anything else that comes is noticed when the time for an answer is over. */
  onAnswer(): void {
    if (!this.#isAsking || this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#rest();
  }

  get #hasHeard(): boolean {
    return this.#session.link.received !== this.#heard;
  }

  #rest(): void {
    this.#isAsking = false;
    this.#heard = this.#session.link.received;
    this.#arm(this.#settings.interval, () => this.#look());
  }

  #look(): void {
    const { link } = this.#session;
    if (this.#hasHeard || !link.isWatched) return this.#rest();
    this.#isAsking = true;
    link.native.send(Kind.PING, NOTHING, (this.#pings += 1));
    // This thread may have been busy, and the answer be there unread: the loop reads between its timers and its immediates.
    this.#arm(this.#settings.timeout, () => setImmediate(() => this.#judge()));
  }

  #judge(): void {
    if (this.#isStopped || !this.#isAsking) return;
    if (this.#hasHeard) return this.#rest();
    this.#session.finish(silent(this.#session, this.#settings.timeout));
    this.#session.deliver();
  }

  #arm(ms: number, then: () => void): void {
    this.#timer = setTimeout(then, ms).unref();
  }
}
