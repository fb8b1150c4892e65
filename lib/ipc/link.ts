/** A native channel and who drives it: the event loop, a poller, or nobody but the calls of its user. */
import { systemError } from '../errors.js';
import { Readiness, State, type Kind, type NativeChannel } from '../native/index.js';
import { Claim } from '../poll/claim.js';
import type { Payload } from '../validate.js';
import { stage } from './stage.js';

/** Why a channel keeps the process alive, as bits. */
export const Want = { TAKE: 1, PUSH: 2, GREETING: 4, POSTPONED: 8, REPLY: 16 } as const;
type Want = (typeof Want)[keyof typeof Want];

export const { READABLE, WRITABLE } = Readiness;

export class Link {
  readonly native: NativeChannel;
  /** The channel's name in messages. */
  readonly what: string;
  /** Called once, when the descriptor is about to be closed. */
  onClose: (() => void) | undefined = undefined;
  /** Moves those this channel belongs with into the event loop too, before it goes there itself. */
  onWatch: (() => void) | undefined = undefined;
  /** Called when what a selector should watch for may have changed. */
  onInterest: (() => void) | undefined = undefined;
  readonly #state: Float64Array;
  readonly #claim = new Claim();
  #isOpen = true;
  #isReading = true;
  #isRefed = true;
  #wants = 0;

  constructor(native: NativeChannel, what: string) {
    this.native = native;
    this.what = what;
    this.#state = native.state;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isWatched(): boolean {
    return this.#claim.isWatched;
  }

  /** Whether incoming data is let in; not while a raw channel's inbox is full. */
  get isReading(): boolean {
    return this.#isReading;
  }

  get fd(): number {
    return this.#isOpen ? this.native.fd : -1;
  }

  /** What is readable, beside `fd`, when something arrives by a ring; -1 without one. */
  get bell(): number {
    return this.#isOpen ? this.native.bell : -1;
  }

  /** Bytes the OS has not taken yet. */
  get buffered(): number {
    return this.#isOpen ? (this.#state[State.BUFFERED] ?? 0) : 0;
  }

  /** Packets that have come so far, of whatever kind. */
  get received(): number {
    return this.#state[State.RECEIVED] ?? 0;
  }

  /** Sends a small frame with the others of this turn. False if it has to be sent by itself. */
  stage(kind: Kind, correlation: number, cost: number, payload: Payload, size: number): boolean {
    return stage(this.#state, kind, correlation, cost, payload, size);
  }

  /** Something unsent, be it only what the channel says for its own sake, waits for the socket. */
  get waitsForSocket(): boolean {
    return this.#isOpen && this.native.waitsForSocket;
  }

  /** What a selector should watch for, as bits: 1 readable, 2 writable. */
  get interest(): number {
    return (this.#isReading ? READABLE : 0) | (this.waitsForSocket ? WRITABLE : 0);
  }

  /** The first asynchronous use brings the channel into the event loop. */
  watch(): void {
    if (this.isWatched || !this.#isOpen) return;
    this.#claim.assertFree(this.what);
    this.onWatch?.();
    this.watchAlone();
  }

  /** As `watch`, for this channel only, whoever it belongs with. */
  watchAlone(): void {
    if (!this.isWatched && this.#isOpen) this.#watch(this.#isReading);
  }

  claim(poller: object): void {
    this.#claim.take(poller, this.what);
  }

  unclaim(poller: object): void {
    this.#claim.drop(poller);
  }

  get isClaimed(): boolean {
    return this.#claim.isTaken;
  }

  setReading(isReading: boolean): void {
    if (this.#isReading === isReading) return;
    this.#isReading = isReading;
    if (!this.#isOpen) return;
    if (this.isWatched) this.#watch(isReading);
    this.onInterest?.();
  }

  /** Somebody waits for this channel: while it is not unreferenced, the process stays alive. */
  want(reason: Want): void {
    this.#wants |= reason;
    this.#updateReference();
  }

  unwant(reason: Want): void {
    this.#wants &= ~reason;
    this.#updateReference();
  }

  ref(): void {
    this.#isRefed = true;
    this.#updateReference();
  }

  unref(): void {
    this.#isRefed = false;
    this.#updateReference();
  }

  /** Blocks until there is something to read, or the socket takes what waits for it, at most `ms`. */
  wait(ms: number): void {
    if (!this.#isOpen) return;
    const ready = this.native.wait(this.interest, ms);
    // The event loop, which would do it, is blocked as well.
    if ((ready & WRITABLE) !== 0) this.native.flush();
  }

  /** Without the event loop nobody else would send it. */
  flushUnlessWatched(): void {
    if (this.isWatched || !this.#isOpen) return;
    this.native.flush();
    this.onInterest?.();
  }

  /** Has `onWritable` called, once, when fewer than `bytes` are unsent. */
  notifyBelow(bytes: number): void {
    this.#state[State.NOTIFY_BELOW] = bytes;
  }

  /** Gives the descriptor back; what is unsent is dropped. */
  close(): void {
    if (!this.#isOpen) return;
    this.onClose?.();
    this.#isOpen = false;
    this.native.close();
  }

  #watch(isReading: boolean): void {
    const errno = this.native.watch(isReading);
    if (errno < 0) throw systemError(errno, 'uv_poll', `Cannot watch ${this.what}`);
    this.#claim.watch();
  }

  /** Accepted bytes count whatever `unref()` said. */
  #updateReference(): void {
    const wants = this.#isRefed ? this.#wants : this.#wants & Want.POSTPONED;
    if (wants !== 0) this.#reference();
    else this.#unreference();
  }

  /** The native side reconciles by itself after a callback, so a loop of `recv` makes no call for this. */
  #reference(): void {
    this.#state[State.WANT_REF] = 1;
    if (this.#state[State.IS_REF] === 0 && this.#isOpen) this.native.syncRef();
  }

  #unreference(): void {
    this.#state[State.WANT_REF] = 0;
    if (this.#state[State.IN_CALLBACK] === 0 && this.#isOpen) this.native.syncRef();
  }
}
