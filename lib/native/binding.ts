/**
 * The typed shape of the addon: everything that crosses the border between TypeScript and C++.
 *
 * Conventions: a native call that can fail in an expected way returns a negative `errno`, as libuv numbers it on each platform (see `Errno`), and never throws;
 * arguments are already validated by the TypeScript caller. Descriptors never travel as bare numbers, but inside an object
 * that closes them (`NativeDescriptor`, `NativeChannel`, `NativeAcceptor`, `NativeSelector`).
 */

/** Frame kinds, see docs/wire-protocol.md. */
export const Kind = {
  HELLO: 1,
  WELCOME: 2,
  REFUSED: 3,
  MESSAGE: 4,
  REQUEST: 5,
  REPLY: 6,
  FAILURE: 7,
  CANCEL: 8,
  FRAGMENT: 9,
  WINDOW: 10,
  GOODBYE: 11,
  PING: 12,
  PONG: 13,
  POOL: 14,
  SLOT: 15,
  RING: 16,
} as const;

/** The payload of a frame that has none. */
export const NOTHING = new Uint8Array(0);

/** Bits of the greeting's features, see docs/wire-protocol.md. */
export const Feature = { POOL: 1, RING: 2, STATISTICS: 4 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/**
 * One record per received frame in `NativeBinding.records`, `RECORD_SIZE` doubles each.
 * A record whose kind is `LOST` stands where a message was whose descriptors could not be received (EMFILE): the message is
 * gone, the channel lives on, and the receiver must be told in order. Its BUFFER is the errno (positive), its OFFSET the kind
 * it had, its LENGTH what it cost in credit, which is to be granted like that of a message.
 */
export const Record = { KIND: 0, CORRELATION: 1, BUFFER: 2, OFFSET: 3, LENGTH: 4, OBJECTS: 5 } as const;
export const RECORD_SIZE = 6;
export const LOST = 255;

/** What a record of the kind RING tells in its CORRELATION: what has become of the ring, and of spinning. Never sent by a peer. */
export const RingNews = { OPEN: 1, REFUSED: 2, SPIN_IN_VAIN: 3, SPIN_ON_ONE_CORE: 4 } as const;

/** Indices into `NativeChannel.state`, memory both sides read and write without a call. */
export const State = {
  /** Bytes (payloads and headers) accepted by `send` and not yet taken by the OS. Written by C++. */
  BUFFERED: 0,
  /** 1 = TypeScript wants the channel to keep the loop alive. Written by TypeScript. */
  WANT_REF: 1,
  /** 1 = the loop handle is referenced on TypeScript's behalf right now. Written by C++. */
  IS_REF: 2,
  /** 1 = a batch callback is on the stack; references are reconciled when it returns. Written by C++. */
  IN_CALLBACK: 3,
  /** > 0: call `onWritable` once, as soon as BUFFERED is below this number (then C++ sets it to 0). Written by both. */
  NOTIFY_BELOW: 4,
  /** Bytes that lie in `NativeBinding.stage` for this channel. Written by both. */
  STAGED: 5,
  /** How many more may be put there: 0 unless it is lent to this channel. Written by both. */
  STAGE_ROOM: 6,
  /** While it is more than 0 another message may be put there, which takes off what it costs. Written by both. */
  STAGE_CREDIT: 7,
  /** Packets received, of whatever kind. Written by C++. */
  RECEIVED: 8,
} as const;

/** How a batch ended. */
export const End = {
  /** The stream goes on. */
  NONE: 0,
  /** End of file: the peer's socket is closed. Whether that is a goodbye or a crash depends on whether GOODBYE came. */
  EOF: 1,
  /** The peer broke the protocol; nothing more will be read. A negative errno instead: memory for a large message could not be had. */
  VIOLATION: 2,
} as const;

/** What a descriptor is ready for, or is watched for, as bits. */
export const Readiness = { READABLE: 1, WRITABLE: 2 } as const;

/** What the first packet of an accepted connection turned out to be. */
export const FirstPacket = { NONE: 0, HELLO: 1, RAW: 2, EOF: 3, VIOLATION: 4 } as const;

/** A descriptor owned by the addon: closed by `close()` or when garbage-collected, whichever is first. */
export interface NativeDescriptor {
  /** False once closed or taken. */
  readonly isOpen: boolean;
  /** The file descriptor's number, which on Windows is made when it is first asked for. Negative if it is not open, or is no file (ENOTSUP). */
  readonly fd: number;
  /** Gives ownership of `fd` to the caller, or answers what is negative, and keeps what it has. */
  takeFd(): number;
  /** Gives ownership to the caller, who gets a number for `adopt`. Negative if it is not open. */
  take(): number;
  /** A second one for the same object. Negative errno. */
  duplicate(): NativeDescriptor | number;
  close(): void;
}

/** What the kernel says of the process at the other end. */
export interface NativeCredentials {
  pid: number;
  /** The user: its id in decimal. */
  uid: string;
  /** The groups in the same form: the primary one first, then the supplementary ones. */
  gids: string[];
  isPrivileged: boolean;
}

/**
 * One connected socket with its outbox and inbox. Created by `connect`, `NativeAcceptor.accept`; owns the descriptor until `close`.
 * Reads nothing and is not watched by the loop until told so.
 */
export interface NativeChannel {
  /** See `State`. */
  readonly state: Float64Array;
  readonly fd: number;

  /** The object handed to the dispatch callback as `owner`. Held strongly until `close`. */
  setOwner(owner: object): void;

  /** Kernel credentials of the peer; negative errno on failure. A server asks once the first packet is there, or it may not be told all. */
  credentials(): NativeCredentials | number;
  /** A descriptor that stands for the peer process itself (SO_PEERPIDFD), or a negative errno where the kernel has none. */
  peerProcess(): NativeDescriptor | number;

  /**
   * Chooses how packets are understood from now on. Framed channels start with the protocol's initial credit (64 KiB) for sending.
   * @param window how many bytes the peer may have outstanding with us (our high-water mark)
   * @param maxMessageSize the largest message we accept
   */
  open(wire: 'gips' | 'raw', window: number, maxMessageSize: number): void;
  /**
   * What the peer's WELCOME or HELLO said.
   * @param window replaces the initial credit (what was used stays used)
   * @param features those in force
   */
  setPeer(window: number, features: number): void;
  /**
   * Both sides know of rings (`Feature.RING`): offers one as soon as the event loop watches this channel, or, with a capacity of 0, takes what the peer offers.
   * @param capacity bytes for what is sent, a power of two from 4096 on
   * @param spin for how many microseconds to look for more before sleeping
   */
  useRing(capacity: number, spin: number): void;
  /** A descriptor that is readable when something is in the ring, or room again; -1 as long as there is no ring. */
  readonly bell: number;
  /** To be called before the thread sleeps until `bell` is readable: the peer rings from now on, and what it wrote before counts as well. */
  awaitBell(): void;

  /** Looks at the first packet without consuming it (framed: without its descriptors). For accepted channels, before `open`. */
  peekFirst(): number;

  /**
   * Queues one frame and, if it is the first of this loop turn, sends it at once; the rest of the turn is coalesced.
   * MESSAGE and REQUEST frames wait for credit in order; all other kinds pass them.
   * Payloads over 64 KiB are fragmented, or put into memory that the peer can read (`Feature.POOL`). The bytes and descriptors are taken (copied, duplicated) before it returns.
   * @returns a sequence number > 0 for `cancel`, or a negative errno: nothing was queued (EMFILE while duplicating; ENOMEM;
   *   EPIPE when the socket is gone; EMSGSIZE for a raw packet the kernel will not take).
   */
  send(kind: number, payload: ArrayBuffer | ArrayBufferView, correlation: number, objects?: readonly NativeDescriptor[]): number;
  /** Removes a queued frame of which not one byte has left. True if it was removed. */
  cancel(sequence: number): boolean;
  /**
   * Hands as much to the OS as it takes without waiting.
   * @returns 0; 1 for a shortage (buffers, descriptors under way) that passes without anybody telling; -EPIPE when the socket is gone
   */
  flush(): number;
  /** True while frames wait for credit (and not for the socket). */
  readonly waitsForCredit: boolean;
  /** True while frames, those of the channel itself included, wait for a socket that took no more. */
  readonly waitsForSocket: boolean;

  /**
   * Receives what is there, without waiting, into `NativeBinding.records`, within the per-wake budget.
   * The result is valid until the next native receive of any channel: turn the records into objects before running user code.
   */
  receive(): NativeBatch;
  /** The receiver's user has taken messages of this total cost (see `cost`): lets the peer send as much again. */
  grant(cost: number): void;

  /** Starts watching by the event loop: batches go to the dispatch callback. `readable: false` watches only for what is to be sent. */
  watch(readable: boolean): number;
  /** Stops watching by the event loop altogether (blocking use, Poller). Pending output is then only sent by `send` and `flush`. */
  unwatch(): void;
  /** Reconciles the loop handle's reference with `State.WANT_REF`. */
  syncRef(): void;

  /** Blocks until readable (1), writable (2) or either (3), at most `ms` (at most 100). Returns the ready set, 0 on timeout or EINTR. */
  wait(events: number, ms: number): number;

  /** Closes at once; unsent output is dropped. Idempotent. */
  close(): void;
}

export interface NativeBatch {
  count: number;
  /** See `End`. */
  end: number;
  /**
   * The buffers that records refer to by index. One of at most 8 KiB may hold several small payloads of this peer, also of later batches,
   * and must be marked untransferable; a larger one holds exactly one payload.
   */
  buffers: ArrayBuffer[];
  /** The descriptors of all records, in order; `Record.OBJECTS` says how many belong to each. */
  objects: NativeDescriptor[];
}

/** Those who may be admitted, as far as that can be said beforehand: who is none of them will be refused in any case. Ids, as credentials have them. */
export interface NativeAudience {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Whoever is privileged. */
  readonly privileged: boolean;
}

/** A listening socket. */
export interface NativeAcceptor {
  readonly fd: number;
  /** The name the socket is bound to, as in `NativeBinding.listen`. */
  readonly address: Uint8Array;
  setOwner(owner: object): void;
  /** The next connection, or a negative errno (EAGAIN: none; EMFILE, ENFILE, ENOBUFS, ENOMEM: a shortage, try later). */
  accept(): NativeChannel | number;
  /** Watched by the loop: the dispatch callback is called with the owner when there is something to accept. */
  watch(): number;
  unwatch(): void;
  setRef(ref: boolean): void;
  /** A duplicate of the listening socket, for another process; negative errno. */
  share(): NativeDescriptor | number;
  /** Closes; a socket file is removed if it is still this acceptor's own. */
  close(): void;
}

/** epoll. `fd` is itself pollable, so selectors nest. */
export interface NativeSelector {
  readonly fd: number;
  /** `interest` 1 readable, 2 writable, 3 both. 0, or a negative errno (EEXIST, EPERM for what cannot be polled, EBADF). */
  add(fd: number, token: number, interest: number): number;
  modify(fd: number, token: number, interest: number): number;
  remove(fd: number): number;
  /**
   * Waits at most `ms` (0 to 100) and fills `ready` with (token, readiness) pairs.
   * @returns the number of pairs; 0 on timeout or EINTR; negative errno.
   */
  wait(ms: number, ready: Float64Array): number;
  close(): void;
}

/** A counter that wakes a selector, shared between threads (eventfd). */
export interface NativeWaker {
  readonly fd: number;
  /** A number for `NativeBinding.takeWaker`; negative errno. */
  share(): number;
  wake(): void;
  /** Reads the counter back to zero. */
  drain(): void;
  close(): void;
}

/**
 * A region of shared memory. Sizes and offsets count from behind its header. Once closed, its numbers are 0, its calls do nothing, and `buffer`,
 * `copy` and `write` fail with -EBADF.
 */
export interface NativeRegion {
  /** The descriptor it can be passed on with, which is the caller's from now on. Once. */
  takeDescriptor(): NativeDescriptor;
  /** Bytes usable now. */
  readonly size: number;
  /** Bytes that are mapped and reserved. */
  readonly maxSize: number;
  /** What all processes see at the moment, not checked: capacity, total, extension, barrier. Empty once closed. */
  header(): number[];
  /** The usable bytes, not a copy: always the same until `detach`. -ENOTSUP where the engine takes no foreign memory. */
  buffer(): ArrayBuffer | number;
  /** Takes the memory away from the `buffer` and all views of it. */
  detach(): void;
  /** A copy of `length` bytes at `offset`, which are within `size`. */
  copy(offset: number, length: number): Buffer | number;
  /** Copies the bytes to `offset`, as many as fit, also from views of this very memory. How many, or a negative errno. */
  write(data: ArrayBuffer | ArrayBufferView, offset: number): number;
  /** Changes `size`, for all processes, to 1 up to `maxSize`. */
  resize(size: number): void;
  /** Takes over the size that another process has set. False if it makes no sense. */
  remap(): boolean;
  /**
   * Detaches the `buffer` and lets go of the memory. Who still works on its memory finds zeros there. The next owners of locks that are held in
   * it are told that this one died. Calls that wait in it have been discarded.
   */
  close(): void;
}

/**
 * Why something is not taken for a region: `type` no file in memory; `unsealed` whoever has it can make it smaller; `read-only` cannot be
 * written; `size` the file is smaller than its header says; `header` makes no sense; `limit` larger than asked for.
 */
export type RegionRefusal = 'type' | 'unsealed' | 'read-only' | 'size' | 'header' | 'limit';

/**
 * How a call that waits in shared memory has ended. `CANCELLED` and `SUSPENDED` are for the addon alone; `PENDING`: it has not, or, of
 * `tryLock`, somebody else holds the lock.
 */
export const WaitEnd = {
  WOKEN: 0,
  NOT_EQUAL: 1,
  TIMED_OUT: 2,
  ACQUIRED: 3,
  ACQUIRED_FROM_DEAD: 4,
  CANCELLED: 5,
  SUSPENDED: 6,
  PENDING: 7,
} as const;

/** A lock in shared memory, owned by this environment while it is held. Keeps the page it is in mapped. */
export interface NativeMutex {
  /** `ACQUIRED`, `ACQUIRED_FROM_DEAD` or `PENDING`; -EAGAIN: this environment holds too many locks. `isPolite`: does not pass those who wait. */
  tryLock(isPolite: boolean): number;
  /** Waits for the lock: the id of a call, or a negative errno (EAGAIN, ENOMEM: no thread for it). */
  startLock(isBlocking: boolean): number;
  /**
   * Keeps locks from the asynchronous calls of this environment, those included that got one and were not told yet; they go on waiting.
   * @returns false if this environment holds the lock itself
   */
  beginBlocking(): boolean;
  endBlocking(): void;
  /** Nothing if it is not held. */
  release(): void;
}

/** Kinds of descriptor: sockets by their type, those that listen apart; `file` is a regular file. */
export type DescriptorType = 'stream' | 'stream-listener' | 'seqpacket' | 'seqpacket-listener' | 'dgram' | 'file' | 'other';

export interface NativeBinding {
  /** `RECORD_SIZE` doubles per received frame, rewritten by every receive of this environment. */
  readonly records: Float64Array;
  /**
   * A packet that TypeScript fills with frames by itself, without a call for each: while it is lent to a channel, from one of its sends until the turn ends or another
   * channel needs it. What lies there is sent then, or before whatever goes through `send`.
   */
  readonly stage: ArrayBuffer;
  /** The features (see `Feature`) of the protocol that this platform has. */
  readonly features: number;
  /** [0]: counts loop turns; it changes whenever the loop has passed its prepare or check phase with work of ours. */
  readonly turn: Float64Array;

  /**
   * Installs the functions called by the loop. `onBatch(owner, count, end, buffers, objects)`, the parts of a `NativeBatch`, for a channel with records or an end, or, before `open`, when the first
   * packet is there; `onWritable(owner, errno)` when BUFFERED fell below `State.NOTIFY_BELOW` or, once and with errno < 0, the socket broke;
   * `onAcceptable(owner)`.
   */
  setDispatch(
    onBatch: (owner: object, count: number, end: number, buffers: ArrayBuffer[], objects: NativeDescriptor[]) => void,
    onWritable: (owner: object, errno: number) => void,
    onAcceptable: (owner: object) => void,
  ): void;

  /** Connects a SEQPACKET socket. `address`: abstract if its first byte is NUL, else a path. A negative errno on failure, EAGAIN: backlog full. */
  connect(address: Uint8Array): NativeChannel | number;
  /**
   * Binds and listens. EADDRINUSE only if a live socket has the name; EWOULDBLOCK: the directory's lock is held by another binder, try again.
   * @param audience whom to let in at all, where the platform's names can keep others out
   */
  listen(address: Uint8Array, backlog: number, audience: NativeAudience | null): NativeAcceptor | number;
  /** Takes over a descriptor that must be a listening SEQPACKET socket (else -EINVAL). */
  adoptAcceptor(descriptor: NativeDescriptor): NativeAcceptor | number;
  /** As `adoptAcceptor`, for a number that this process was started with. -EALREADY if any of its threads has taken it; left as it was if it is not taken. */
  adoptInherited(fd: number): NativeAcceptor | number;
  /** Sends one datagram to a Unix socket, without waiting. `address` as in `connect`. 0 or a negative errno. */
  sendDatagram(address: Uint8Array, data: Uint8Array): number;

  /** What kind of descriptor `fd` is, by fstat, SO_TYPE and SO_ACCEPTCONN; negative errno (EBADF). */
  describe(fd: number): DescriptorType | number;
  /** Duplicates `fd` (close-on-exec). Negative errno: ENOTSUP for a socket on Windows. */
  duplicate(fd: number): NativeDescriptor | number;
  /** Owns from now on what was taken from another one of this process. */
  adopt(taken: number): NativeDescriptor;
  createSelector(): NativeSelector | number;
  createWaker(): NativeWaker | number;
  /** Another waker of the same selector, behind a number that `NativeWaker.share` gave, in any thread. Each number is good once. Negative errno. */
  takeWaker(number: number): NativeWaker | number;
  /** Nobody will take it. */
  dropWaker(number: number): void;

  /**
   * A new region of `size` bytes that can grow to `maxSize`, all of them reserved. `name` without a slash, null for one without a name.
   * A negative errno: EEXIST; ENOSPC, ENOMEM, EFBIG; EMFILE, ENFILE.
   */
  createRegion(name: string | null, size: number, maxSize: number): NativeRegion | number;
  /** The region of this name, if its `maxSize` is at most `limit`. A negative errno: ENOENT; EACCES also if others could make it smaller. */
  openRegion(name: string, limit: number): NativeRegion | RegionRefusal | number;
  /** Takes over a descriptor, unless it is refused. */
  adoptRegion(descriptor: NativeDescriptor, allowUnsealed: boolean, limit: number): NativeRegion | RegionRefusal | number;
  /** Removes a name if it is still that of the region with this descriptor. 0 or a negative errno. */
  unlinkRegion(name: string, descriptor: NativeDescriptor): number;

  /**
   * Waits until `notify` on the word at `byteOffset` of a region, while it is `expected`. Each pending call has a thread of its own, and those
   * that do not block keep the loop alive.
   * @param ms the time limit, `Infinity` for none
   * @returns the id of a call; 0 if the word is another already; a negative errno (EAGAIN, ENOMEM: no thread)
   */
  startWait(region: NativeRegion, byteOffset: number, expected: number, ms: number, isBlocking: boolean): number;
  /** Wakes at most `count` threads of all processes. How many. */
  notify(region: NativeRegion, byteOffset: number, count: number): number;
  /** The end of a blocking call, `PENDING` if it has none after `ms`. See `WaitEnd`; negative errno. */
  awaitCall(id: number, ms: number): number;
  /** Ends a blocking call if it has no end yet, and tells how it ended. */
  finishCall(id: number): number;
  /** Ends calls that nobody waits for any more: a wake-up or a lock they got goes to others. */
  discardCalls(ids: readonly number[]): void;
  /** Installs what is called at the end of each call that is not blocking. */
  setWaitDispatch(onEnd: (id: number, end: number) => void): void;
  createMutex(region: NativeRegion, byteOffset: number): NativeMutex | number;

  currentCredentials(): NativeCredentials;
  /** The id of a user, by its name or its id; undefined for an unknown name. */
  userId(name: string): string | undefined;
  groupId(name: string): string | undefined;
  userName(id: string): string | undefined;
  /** True if the process behind the descriptor of `peerProcess` has exited. */
  processExited(process: NativeDescriptor): boolean;
}
