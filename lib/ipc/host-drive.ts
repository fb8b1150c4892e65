/** Who drives a listener with all its clients: the event loop, a poller, or nobody but the calls of its user. */
import { systemError } from '../errors.js';
import { Claim } from '../poll/claim.js';
import type { Accepting } from './accepting.js';
import type { Admission } from './admission.js';
import { Selection } from './selection.js';
import type { Session } from './session.js';

/** What is driven. */
export interface Driven {
  readonly what: string;
  readonly accepting: Accepting;
  readonly admissions: Iterable<Admission>;
  readonly sessions: Iterable<Session>;
  /** Does what no descriptor announces. */
  tick(): void;
}

export class HostDrive {
  readonly #driven: Driven;
  #selection: Selection | undefined = undefined;
  readonly #claim = new Claim();
  #isOpen = true;

  constructor(driven: Driven) {
    this.#driven = driven;
  }

  get isWatched(): boolean {
    return this.#claim.isWatched;
  }

  /** The descriptor for a poller; -1 as long as none has claimed it. */
  get fd(): number {
    return this.#selection?.fd ?? -1;
  }

  /** The first asynchronous use brings all of it into the event loop. */
  watch(): void {
    if (this.isWatched || !this.#isOpen) return;
    const { what, accepting, admissions, sessions } = this.#driven;
    this.#claim.assertFree(what);
    if (accepting.isPaused) accepting.unwatch();
    else this.#watchAcceptor();
    this.#claim.watch();
    this.#dropSelection();
    for (const admission of admissions) admission.socket.watch(true);
    for (const { link } of sessions) if (!link.isClaimed) link.watchAlone();
  }

  claim(poller: object): void {
    this.#claim.take(poller, this.#driven.what);
    this.#select();
  }

  unclaim(poller: object): void {
    this.#claim.drop(poller);
  }

  /** Lets in what has arrived at the system, without waiting. */
  pump(): void {
    this.wait(0);
  }

  /** As `pump`, waiting for something to arrive at most `ms`. */
  wait(ms: number): void {
    if (!this.#isOpen) return;
    const selection = this.#select();
    // While a call blocks the event loop, nobody else sends what waits for its turn.
    if (this.isWatched) {
      for (const session of this.#driven.sessions) {
        session.flush();
        session.link.native.awaitBell();
        selection.update(session);
      }
    }
    this.#driven.tick();
    selection.wait(ms);
  }

  addAdmission(admission: Admission): void {
    if (this.isWatched) admission.socket.watch(true);
    this.#selection?.add(admission, admission);
  }

  addSession(session: Session): void {
    session.link.onWatch = () => this.watch();
    session.link.onInterest = () => this.#selection?.update(session);
    if (this.isWatched) session.link.watchAlone();
    this.#selection?.add(session, session);
  }

  /** To be called before or right after a descriptor is closed, or when nothing is to be done for it now. */
  remove(member: Admission | Session): void {
    this.#selection?.remove(member);
  }

  /** For as long as there are no descriptors to accept clients with, the listening socket would always be ready. */
  setAccepting(isAccepting: boolean): void {
    const { accepting } = this.#driven;
    if (!isAccepting) this.#selection?.remove(accepting);
    else this.#selection?.add(accepting, accepting);
    if (!this.isWatched) return;
    if (isAccepting) this.#watchAcceptor();
    else accepting.unwatch();
  }

  close(): void {
    this.#isOpen = false;
    this.#dropSelection();
  }

  #watchAcceptor(): void {
    const { what, accepting } = this.#driven;
    const errno = accepting.watch();
    if (errno < 0) throw systemError(errno, 'uv_poll', `watch ${what}`);
  }

  #select(): Selection {
    if (this.#selection !== undefined) return this.#selection;
    const { what, accepting, admissions, sessions } = this.#driven;
    const selection = new Selection(what);
    this.#selection = selection;
    if (!accepting.isPaused) selection.add(accepting, accepting);
    for (const admission of admissions) if (!admission.isDeciding) selection.add(admission, admission);
    for (const session of sessions) selection.add(session, session);
    return selection;
  }

  #dropSelection(): void {
    this.#selection?.close();
    this.#selection = undefined;
  }
}
