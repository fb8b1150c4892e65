/** Waits for many sources at once, without the event loop. */
import { busyError, closedError, GipsError, invalidArgType, systemError } from '../errors.js';
import { errnoOf, native } from '../native/index.js';
import type { NativeSelector, NativeWaker } from '../native/binding.js';
import { validateTimeout } from '../validate.js';
import { Events, fillEvents, Interest, Token, type PollEvent } from './events.js';
import { Registration } from './registration.js';
import { kSource, SLICE_MS, type Source, type SourceHandle } from './source.js';
import type { Ticket } from './ticket.js';
import { createWaker, type Waker } from './waker.js';

/** How many ready sources one native call reports. */
const BATCH = 256;

/**
 * Blocks the calling thread until one of its sources is ready: the model of epoll and mio, for threads that have no use for an event loop.
 *
 * Readiness is level-triggered: what was not taken is reported again by the next `poll`. While a source is registered, the event loop does not
 * watch it, and its asynchronous methods throw `ERR_GIPS_BUSY`.
 */
export class Poller implements Disposable {
  readonly #selector: NativeSelector;
  readonly #waker: NativeWaker;
  readonly #tickets = new Set<Ticket>();
  readonly #byToken = new Map<Token, Registration>();
  readonly #byDescriptor = new Map<number, Registration>();
  readonly #pairs = new Float64Array(2 * BATCH);
  #wakerIsReady = false;
  #lastReported: Token = Token.WAKER;
  #nextToken: Token = 1;
  #isPolling = false;
  #isClosed = false;

  /** @throws GipsError `EAGAIN` when the process has no descriptors left; it takes two */
  constructor() {
    const selector = native.createSelector();
    if (typeof selector === 'number') throw systemError(selector, 'epoll_create1', 'Cannot create a Poller');
    const waker = native.createWaker();
    if (typeof waker === 'number') {
      selector.close();
      throw systemError(waker, 'eventfd', 'Cannot create a Poller');
    }
    this.#selector = selector;
    this.#waker = waker;
    selector.add(waker.fd, Token.WAKER, Interest.READABLE);
  }

  /**
   * Watches `source` from now on, and takes it away from the event loop until `deregister`. A source that closes is deregistered by itself.
   * @returns the token its events carry
   * @throws GipsError `EINVAL` for an interest that is not one, or a descriptor that cannot be polled; `EEXIST` when it is registered here already;
   *   `ERR_GIPS_BUSY` when the event loop or another poller watches it; `ERR_GIPS_CLOSED` when it is closed
   */
  register(source: Source, interest: Interest): Token {
    this.#assertOpen();
    const handle = handleOf(source);
    assertInterest(interest);
    const holder = this.#byDescriptor.get(handle.fd);
    if (holder?.handle === handle) {
      throw new GipsError(
        `Cannot register ${handle.what}: it is registered with this Poller already; use reregister() to change the interest`,
        { code: 'EEXIST' },
      );
    }
    handle.claim(this);
    const registration = new Registration(this.#selector, this.#nextToken, handle, interest);
    const error = registration.begin();
    if (error < 0) {
      handle.release(this);
      throw cannotWatch(error, handle);
    }
    // The kernel took the number as a new one: what was registered under it has been closed without our knowing.
    if (holder !== undefined) this.#forget(holder);
    this.#nextToken += 1;
    handle.onClose = () => this.#drop(registration);
    this.#byToken.set(registration.token, registration);
    this.#byDescriptor.set(registration.fd, registration);
    return registration.token;
  }

  /**
   * Replaces the interest of a registration.
   * @throws GipsError `ENOENT` when `token` is not that of a registration of `source`; `EINVAL` for an interest that is not one
   */
  reregister(source: Source, token: Token, interest: Interest): void {
    this.#assertOpen();
    const registration = this.#find(source, token);
    assertInterest(interest);
    registration.interest = interest;
  }

  /**
   * Stops watching `source`: it can be registered elsewhere, or used asynchronously.
   * @throws GipsError `ENOENT` when `token` is not that of a registration of `source`
   */
  deregister(source: Source, token: Token): void {
    this.#assertOpen();
    this.#drop(this.#find(source, token));
  }

  /**
   * Blocks until something is ready, `wake` is called, or the time has passed. A signal does not end it.
   * @param events where to put what is ready; its former contents are replaced
   * @param timeout in ms, 0 = look and return; by default until something happens
   * @returns the number of events, 0 when the time has passed
   */
  poll(events: Events, timeout?: number): number {
    if (!(events instanceof Events)) throw invalidArgType('events', 'an instance of Events', events);
    const deadline = performance.now() + validateTimeout(timeout);
    if (this.#isPolling) throw busyError('Cannot poll: this Poller is polling already, and called what now calls poll() again');
    this.#isPolling = true;
    try {
      do {
        this.#wait(this.#prepare() ? 0 : deadline - performance.now());
        this.#lastReported = fillEvents(events, this.#takeReady(), this.#lastReported);
      } while (events.isEmpty && performance.now() < deadline);
    } finally {
      this.#isPolling = false;
    }
    for (const event of events) if (event.fromWaker) this.#waker.drain();
    return events.length;
  }

  /** Makes the next `poll` of this thread return at once with an event whose token is `Token.WAKER`. Several calls before it count as one. */
  wake(): void {
    this.#assertOpen();
    this.#waker.wake();
  }

  /** Makes a waker for another thread. */
  waker(): Waker {
    this.#assertOpen();
    return createWaker(this.#waker.share(), this.#tickets);
  }

  /** Deregisters every source and frees the poller's descriptors. The sources stay open. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const registration of this.#byToken.values()) this.#drop(registration);
    for (const ticket of this.#tickets) ticket.withdraw();
    this.#selector.close();
    this.#waker.close();
  }

  /** `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Lets the sources do what no descriptor announces. True if one of them is ready without the kernel. */
  #prepare(): boolean {
    let isReady = false;
    for (const registration of this.#byToken.values()) {
      if (registration.prepare()) isReady = true;
    }
    return isReady;
  }

  /** Learns of everything that is ready: a kernel that is asked for less than all takes turns of its own, and ours would not be fair. */
  #wait(ms: number): void {
    this.#assertOpen();
    let timeout = Math.ceil(Math.min(Math.max(ms, 0), SLICE_MS));
    let unknown = this.#byToken.size + 1;
    let count: number;
    do {
      count = this.#selector.wait(timeout, this.#pairs);
      if (count < 0) throw systemError(count, 'epoll_wait', 'Cannot poll');
      this.#announce(count);
      unknown -= count;
      timeout = 0;
    } while (count === BATCH && unknown > 0);
  }

  #announce(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const token = this.#pairs[2 * i] ?? 0;
      const readiness = this.#pairs[2 * i + 1] ?? 0;
      if (token === Token.WAKER) this.#wakerIsReady = true;
      else this.#byToken.get(token)?.announce(readiness);
    }
  }

  /** One event for each ready source, in the order of tokens. */
  #takeReady(): PollEvent[] {
    const ready: PollEvent[] = [];
    if (this.#wakerIsReady) ready.push(pollEvent(Token.WAKER, Interest.READABLE));
    this.#wakerIsReady = false;
    for (const registration of this.#byToken.values()) {
      const readiness = registration.takeReadiness();
      if (readiness !== 0) ready.push(pollEvent(registration.token, readiness));
    }
    return ready;
  }

  #find(source: Source, token: Token): Registration {
    const handle = handleOf(source);
    const registration = this.#byDescriptor.get(handle.fd);
    if (registration?.handle !== handle || registration.token !== token) {
      throw new GipsError(
        `Registration ${String(token)} of ${handle.what} does not exist in this Poller: pass the token that register() returned for it`,
        { code: 'ENOENT' },
      );
    }
    return registration;
  }

  #drop(registration: Registration): void {
    registration.end();
    this.#forget(registration);
  }

  #forget({ handle, token, fd }: Registration): void {
    this.#byToken.delete(token);
    this.#byDescriptor.delete(fd);
    handle.onClose = undefined;
    handle.release(this);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedError('This Poller');
  }
}

function handleOf(source: unknown): SourceHandle {
  if (typeof source === 'object' && source !== null && kSource in source) return (source as Source)[kSource];
  throw invalidArgType('source', 'a Listener, an Endpoint, a Connection or an FdSource', source);
}

function assertInterest(interest: unknown): void {
  if (typeof interest !== 'number') throw invalidArgType('interest', 'of type number', interest);
  if (interest !== Interest.READABLE && interest !== Interest.WRITABLE && interest !== Interest.BOTH) {
    throw new GipsError(`The interest must be Interest.READABLE, Interest.WRITABLE or Interest.BOTH. Received ${interest}`, {
      code: 'EINVAL',
    });
  }
}

function pollEvent(token: Token, interest: Interest): PollEvent {
  return {
    token,
    interest,
    isReadable: (interest & Interest.READABLE) !== 0,
    isWritable: (interest & Interest.WRITABLE) !== 0,
    fromWaker: token === Token.WAKER,
  };
}

/** What the kernel's refusals mean here. */
const REFUSALS: ReadonlyMap<number, { code: string; reason: string }> = new Map([
  [errnoOf('EBADF'), { code: 'EINVAL', reason: 'it is not an open descriptor of this process' }],
  [errnoOf('EPERM'), { code: 'EINVAL', reason: 'regular files and directories cannot be polled; read and write them directly' }],
  [errnoOf('EEXIST'), { code: 'EEXIST', reason: 'this Poller watches that descriptor already, through another source' }],
]);

function cannotWatch(errno: number, { what }: SourceHandle): GipsError {
  const attempted = `Cannot register ${what}`;
  const refusal = REFUSALS.get(errno);
  if (refusal === undefined) return systemError(errno, 'epoll_ctl', attempted);
  return new GipsError(`${attempted}: ${refusal.reason}`, { code: refusal.code, errno, syscall: 'epoll_ctl' });
}
