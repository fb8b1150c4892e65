/** Ending the connections of a listener that nobody uses. */
import type { CallLimits } from '../validate.js';
import { idle } from './endings.js';
import type { Session } from './session.js';

/** How often it is looked during the time that a connection may be idle: none stays longer than that and a quarter of it. */
const LOOKS = 4;

/** How much work is remembered: users may leave requests without an answer, and peers may go on asking. */
const MAX_WORK = 4096;

/** How long closing waits for a client that leaves no room for the goodbye. */
const CLOSING: CallLimits = { signal: undefined, timeout: 5000 };

/** What goes on at one connection. Nothing is done per message: what is counted anyway is compared. */
export class Activity {
  readonly #session: Session;
  /** What the client may get an answer to: requests by their number, messages by what handles them. */
  readonly #work = new Set<number | object>();
  /** Frames that say nothing but that their sender is alive. */
  #signs = 0;
  #received = 0;
  #sent = 0;
  /** For how many looks nothing has happened; -1 where something went on at the last one. */
  #quiet = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  begin(work: number | object): void {
    const [oldest] = this.#work.size < MAX_WORK ? [] : this.#work;
    if (oldest !== undefined) this.#work.delete(oldest);
    this.#work.add(work);
  }

  end(work: number | object): void {
    this.#work.delete(work);
  }

  onSign(): void {
    this.#signs += 1;
  }

  /** For how many looks, this one included, nothing has happened. */
  look(): number {
    const { link, counters } = this.#session;
    const received = link.received - this.#signs;
    const { messagesSent } = counters;
    const isSame = received === this.#received && messagesSent === this.#sent;
    this.#received = received;
    this.#sent = messagesSent;
    if (this.#isBusy) this.#quiet = -1;
    else if (isSame) this.#quiet += 1;
    else this.#quiet = 0;
    return this.#quiet;
  }

  get #isBusy(): boolean {
    const { bytesQueued, messagesWaiting, requestsPending } = this.#session.depths;
    return this.#work.size > 0 || bytesQueued > 0 || messagesWaiting > 0 || requestsPending > 0;
  }
}

/** One timer for all connections of a listener. */
export class Idleness {
  readonly #sessions: () => Iterable<Session>;
  readonly #timeout: number;
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined = undefined;
  #due = Infinity;

  /** @param timeout how long a connection may be idle, in ms, or `Infinity` */
  constructor(sessions: () => Iterable<Session>, timeout: number) {
    this.#sessions = sessions;
    this.#timeout = timeout;
    this.#interval = Math.ceil(timeout / LOOKS);
  }

  /** There is a connection. */
  watch(): void {
    if (this.#timer !== undefined || this.#timeout === Infinity) return;
    this.#due = performance.now() + this.#interval;
    this.#timer = setTimeout(() => this.#look(), this.#interval).unref();
  }

  /** Without an event loop nobody else tells that it is time. */
  tick(): void {
    if (performance.now() >= this.#due) this.#look();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = Infinity;
  }

  #look(): void {
    this.stop();
    for (const session of this.#sessions()) {
      if (session.isOver) continue;
      this.#check(session);
      this.watch();
    }
  }

  #check(session: Session): void {
    const { activity, link } = session;
    // Of one that a poller has by itself, its user would not be told.
    if (activity === undefined || link.isClaimed || activity.look() < LOOKS) return;
    // This thread may have been busy, and something be there unread.
    session.pump();
    if (activity.look() > 0) this.#end(session);
  }

  #end(session: Session): void {
    if (!session.isOver) void session.close(CLOSING, idle(session, this.#timeout));
  }
}
