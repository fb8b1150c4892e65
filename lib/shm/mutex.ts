import type { GipsError } from '../errors.js';
import { busyError, invalidArgType, systemError, timeoutError } from '../errors.js';
import { native, WaitEnd, type NativeMutex } from '../native/index.js';
import { validateCallOptions, validateTimeout, type CallOptions } from '../validate.js';
import { blockOn } from './calls.js';
import { Shm, waitsOf } from './shm.js';
import type { Waits } from './waiting.js';

const MUTEX_SIZE = 64;
const ALIGNMENT = 8;

/** A lock that is held. It stays so until `release`, until its region is closed, or until this thread or process ends, but not less for being garbage. */
export interface ShmLock extends Disposable {
  /**
   * The one who held it before died, or closed the region, without a `release`: what the lock protects may be half done. It is told to one owner;
   * who cannot repair the data tells the next in its own way.
   */
  readonly ownerDied: boolean;
  /** Gives the lock to the next who waits. Calling it again does nothing. */
  release(): void;
}

/**
 * A lock in shared memory: at most one thread of all processes that have the region holds it. Who dies with it does not take it along: the kernel
 * gives it to the next, who is told by `ownerDied`.
 *
 * It belongs to the thread (the main one or a worker) whose `lock`, `lockSync` or `tryLock` got it, and is not recursive. Among those that wait
 * there is no fixed order. All processes that use a lock have to be in the same PID namespace, and trust each other with what it protects:
 * who writes into its 64 bytes can block the others, though no more.
 */
export class ShmMutex {
  readonly #waits: Waits;
  readonly #mutex: NativeMutex;
  readonly #what: string;

  /**
   * @param shm the region the lock is in, which has to stay open
   * @param byteOffset where: a multiple of 8. It takes 64 bytes; zeros, as in a new region, are an unlocked one
   * @throws GipsError `EAGAIN` for a lack of memory or threads
   */
  constructor(shm: Shm, byteOffset: number) {
    if (!(shm instanceof Shm)) throw invalidArgType('shm', 'an instance of Shm', shm);
    this.#waits = waitsOf(shm);
    this.#waits.requireOpen();
    const { region, what } = this.#waits;
    const offset = this.#waits.validatePlace(byteOffset, MUTEX_SIZE, ALIGNMENT);
    this.#what = `the lock at ${offset} of ${what}`;
    const mutex = native.createMutex(region, offset);
    if (typeof mutex === 'number') throw systemError(mutex, 'mmap', `use ${this.#what}`);
    this.#mutex = mutex;
  }

  /**
   * Waits for the lock, which is this thread's when the Promise resolves.
   * @throws GipsError `ETIMEDOUT`; `EAGAIN` if there can be no more threads (each pending call has one), or this thread holds 2,000 locks;
   *   `ERR_GIPS_CLOSED` when the region is closed
   */
  async lock(options?: CallOptions): Promise<ShmLock> {
    const { signal, timeout } = validateCallOptions(options);
    signal?.throwIfAborted();
    this.#waits.requireOpen();
    // A single attempt has no later one to leave the lock to others with.
    const lock = this.#lockOf(this.#mutex.tryLock(timeout > 0));
    if (lock !== undefined) return lock;
    const timedOut = (): Error => timeoutError(`wait for ${this.#what}`, timeout);
    if (timeout === 0) throw timedOut();
    const id = this.#mutex.startLock(false);
    if (id < 0) throw this.#failed(id);
    return this.#taken(await this.#waits.calls.end(id, signal, { timeout, timedOut }));
  }

  /**
   * Blocks this thread until it has the lock. It passes the pending `lock` calls of this thread.
   * @param timeout ms
   * @throws GipsError as `lock`; `ERR_GIPS_BUSY` if this thread holds the lock already: it would wait for itself
   */
  lockSync(timeout?: number): ShmLock {
    const limit = validateTimeout(timeout);
    return this.tryLock() ?? this.#block(limit);
  }

  /**
   * Takes the lock if nobody has it; otherwise `null`.
   * @throws GipsError `EAGAIN`, `ERR_GIPS_CLOSED` as `lock`
   */
  tryLock(): ShmLock | null {
    this.#waits.requireOpen();
    return this.#lockOf(this.#mutex.tryLock(false)) ?? null;
  }

  #block(timeout: number): ShmLock {
    try {
      if (!this.#mutex.beginBlocking()) throw busyError(`Cannot wait for ${this.#what}: this thread holds it; release it first`);
      const lock = this.#lockOf(this.#mutex.tryLock(false));
      if (lock !== undefined) return lock;
      if (timeout === 0) throw timeoutError(`wait for ${this.#what}`, timeout);
      const id = this.#mutex.startLock(true);
      if (id < 0) throw this.#failed(id);
      const end = blockOn(id, timeout);
      if (end === WaitEnd.CANCELLED) throw timeoutError(`wait for ${this.#what}`, timeout);
      return this.#taken(end);
    } finally {
      this.#mutex.endBlocking();
    }
  }

  #lockOf(end: number): ShmLock | undefined {
    return end === WaitEnd.PENDING ? undefined : this.#taken(end);
  }

  #taken(end: number): ShmLock {
    if (end < 0) throw this.#failed(end);
    return new Lock(this.#mutex, end === WaitEnd.ACQUIRED_FROM_DEAD);
  }

  #failed(errno: number): GipsError {
    return systemError(errno, 'pthread_create', `wait for ${this.#what}`);
  }
}

class Lock implements ShmLock {
  readonly ownerDied: boolean;
  #mutex: NativeMutex | undefined;

  constructor(mutex: NativeMutex, ownerDied: boolean) {
    this.ownerDied = ownerDied;
    this.#mutex = mutex;
  }

  release(): void {
    this.#mutex?.release();
    this.#mutex = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
