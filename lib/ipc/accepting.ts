/** Taking clients from a listening socket, also when descriptors run out. */
import { systemError } from '../errors.js';
import { errnoOf, type NativeAcceptor, type NativeChannel } from '../native/index.js';
import { MAX_TIMEOUT } from '../validate.js';
import type { AcceptorOwner } from './dispatch.js';
import { READABLE } from './link.js';
import type { Member } from './selection.js';
import { forgetDescriptorFreed, onDescriptorFreed } from './shortage.js';

const NOBODY_THERE = errnoOf('EAGAIN');
const CLIENT_LEFT = errnoOf('ECONNABORTED');

/** Clients taken in one go, so that those already here get their turn. */
const MAX_PER_WAKE = 64;
/** How often to look whether a shortage is over: it may end in ways nobody tells of. */
const RETRY_MS = 100;

/** Who the clients are for. */
export interface AcceptingHost {
  readonly what: string;
  readonly address: string;
  onClient(socket: NativeChannel): void;
  onShortage(error: Error): void;
  /** Whether the listening socket is to be watched has changed. Throws if it cannot be. */
  onPause(isPaused: boolean): void;
}

export class Accepting implements AcceptorOwner, Member {
  readonly interest = READABLE;
  readonly acceptor: NativeAcceptor;
  readonly #host: AcceptingHost;
  readonly #retry = () => this.#tryAgain();
  #timer: NodeJS.Timeout | undefined = undefined;
  /** Keeps the process alive for as long as the event loop does not watch the socket, which would. */
  #standIn: NodeJS.Timeout | undefined = undefined;
  #retryAt = Infinity;
  #isRefed = true;
  #isShort = false;
  #isHeld = false;
  #isClosed = false;

  constructor(acceptor: NativeAcceptor, host: AcceptingHost) {
    this.acceptor = acceptor;
    this.#host = host;
    acceptor.setOwner(this);
    acceptor.setRef(true);
  }

  /** The listening socket is not looked at: it is closed or held, or no descriptor was left and it is too early to try again. */
  get isPaused(): boolean {
    return this.#isClosed || this.#isHeld || this.#retryAt !== Infinity;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Accepts nobody until told otherwise. */
  hold(isHeld: boolean): void {
    const wasPaused = this.isPaused;
    this.#isHeld = isHeld;
    if (this.isPaused === wasPaused) return;
    if (isHeld) this.#host.onPause(true);
    else this.#resume();
  }

  /** Has the event loop watch the listening socket. Returns a negative errno if it cannot. */
  watch(): number {
    const errno = this.acceptor.watch();
    if (errno >= 0) this.#stopStandIn();
    return errno;
  }

  /** The event loop has nothing to watch for now, but the listener is as open as before. */
  unwatch(): void {
    if (this.#isClosed) return;
    this.acceptor.unwatch();
    this.#standIn ??= setInterval(() => undefined, MAX_TIMEOUT);
    if (!this.#isRefed) this.#standIn.unref();
  }

  get fd(): number {
    return this.acceptor.fd;
  }

  onReady(): void {
    this.onAcceptable();
  }

  onAcceptable(): void {
    for (let count = 0; count < MAX_PER_WAKE && !this.isPaused; count += 1) {
      const client = this.acceptor.accept();
      if (client === CLIENT_LEFT) continue;
      if (typeof client === 'number') {
        // accept4(2) looks for a descriptor before it looks for a client: only where one is known to wait is there a shortage.
        if (client !== NOBODY_THERE && count === 0) this.#pause(this.#failure(client));
        return;
      }
      this.#isShort = false;
      this.#host.onClient(client);
    }
  }

  /** For those without an event loop. */
  tick(): void {
    if (performance.now() >= this.#retryAt) this.#tryAgain();
  }

  setRef(isRefed: boolean): void {
    this.#isRefed = isRefed;
    this.acceptor.setRef(isRefed);
    if (isRefed) this.#standIn?.ref();
    else this.#standIn?.unref();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWaiting();
    this.#stopStandIn();
    this.acceptor.close();
  }

  #pause(error: Error): void {
    const isNew = !this.#isShort;
    this.#isShort = true;
    clearTimeout(this.#timer);
    this.#retryAt = performance.now() + RETRY_MS;
    this.#timer = setTimeout(this.#retry, RETRY_MS).unref();
    onDescriptorFreed(this.#retry);
    this.#host.onPause(true);
    if (isNew) this.#host.onShortage(error);
  }

  #tryAgain(): void {
    this.#stopWaiting();
    if (!this.isPaused) this.#resume();
  }

  #resume(): void {
    try {
      this.#host.onPause(false);
    } catch (error) {
      this.#pause(error as Error);
    }
  }

  #failure(errno: number): Error {
    const { what, address } = this.#host;
    return systemError(errno, 'accept4', `accept a client of ${what}, which waits`, address);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#retryAt = Infinity;
    forgetDescriptorFreed(this.#retry);
  }

  #stopStandIn(): void {
    clearInterval(this.#standIn);
    this.#standIn = undefined;
  }
}
