/** What a listener waits for without the event loop: its socket, its clients and its connections, in one epoll set that can itself be polled. */
import { systemError } from '../errors.js';
import { native, Readiness, type NativeSelector } from '../native/index.js';

/** One of them. */
export interface Member {
  readonly fd: number;
  /** A second descriptor to watch for readability; -1 or absent: none, so far. */
  readonly bell?: number;
  /** What to watch for, as bits: 1 readable, 2 writable. */
  readonly interest: number;
  onReady(readiness: number): void;
}

interface Watched {
  readonly member: Member;
  readonly fd: number;
  readonly token: number;
  interest: number;
  bell: number;
}

const PAIRS_AT_ONCE = 256;

export class Selection {
  readonly #selector: NativeSelector;
  readonly #ready = new Float64Array(2 * PAIRS_AT_ONCE);
  readonly #byKey = new Map<object, Watched>();
  readonly #byToken = new Map<number, Watched>();
  #lastToken = 0;

  /** @param what who it is for, in messages */
  constructor(what: string) {
    const selector = native.createSelector();
    if (typeof selector === 'number') throw systemError(selector, 'epoll_create1', `use ${what} without the event loop`);
    this.#selector = selector;
  }

  get fd(): number {
    return this.#selector.fd;
  }

  /** @param key what the member is known by */
  add(key: object, member: Member): void {
    if (member.fd < 0) return;
    const { fd, interest } = member;
    const watched = { member, fd, interest, bell: -1, token: ++this.#lastToken };
    const errno = this.#selector.add(fd, watched.token, interest);
    if (errno < 0) throw systemError(errno, 'epoll_ctl', 'watch a client');
    this.#byKey.set(key, watched);
    this.#byToken.set(watched.token, watched);
    this.#watchBell(watched);
  }

  /** A member may be interested in something else now. */
  update(key: object): void {
    const watched = this.#byKey.get(key);
    if (watched === undefined) return;
    this.#watchBell(watched);
    if (watched.interest === watched.member.interest) return;
    watched.interest = watched.member.interest;
    this.#selector.modify(watched.fd, watched.token, watched.interest);
  }

  /** To be called before the member's descriptor closes: its number may be another's soon. */
  remove(key: object): void {
    const watched = this.#byKey.get(key);
    if (watched === undefined) return;
    this.#byKey.delete(key);
    this.#byToken.delete(watched.token);
    this.#selector.remove(watched.fd);
    if (watched.bell >= 0) this.#selector.remove(watched.bell);
  }

  /** Waits at most `ms` and lets those that are ready do their work. */
  wait(ms: number): void {
    const count = this.#selector.wait(ms, this.#ready);
    const ready = this.#ready.slice(0, 2 * Math.max(count, 0));
    for (let at = 0; at < ready.length; at += 2) {
      this.#byToken.get(ready[at] as number)?.member.onReady(ready[at + 1] as number);
    }
  }

  #watchBell(watched: Watched): void {
    const { bell = -1 } = watched.member;
    if (bell < 0 || watched.bell >= 0) return;
    this.#selector.add(bell, watched.token, Readiness.READABLE);
    watched.bell = bell;
  }

  close(): void {
    this.#byKey.clear();
    this.#byToken.clear();
    this.#selector.close();
  }
}
