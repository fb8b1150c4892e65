/**
 * What a `Poller` needs to know of the things it watches. Listeners, channels and `FdSource` carry a `SourceHandle` under `kSource`;
 * user code only passes them to `register`.
 */

/** The longest wait in one native call, in ms: between two of them a worker thread can be terminated, and deadlines are kept. */
export const SLICE_MS = 100;

/** The property under which a source keeps its handle. */
export const kSource: unique symbol = Symbol('gips.source');

/** Something a `Poller` can watch: a `Listener`, an `Endpoint`, a `Connection`, or an `FdSource`. */
export interface Source {
  /**
   * For the `Poller` alone.
   * @internal
   */
  readonly [kSource]: SourceHandle;
}

/** One source as its poller sees it. */
export interface SourceHandle {
  /** The descriptor to watch, -1 once closed. It stays the same number until then. */
  readonly fd: number;

  /** What it is, for messages: `Listener "com.example.echo"`. */
  readonly what: string;

  /**
   * Makes `poller` the only one who watches this source.
   * @throws GipsError `ERR_GIPS_BUSY` when the event loop or another poller watches it, `ERR_GIPS_CLOSED` when it is closed
   */
  claim(poller: object): void;

  /** Ends what `claim` began. Does nothing for a poller that has no claim. */
  release(poller: object): void;

  /**
   * Something can be taken without asking the kernel (messages, or an end or error its user has not been told of): the source is readable,
   * whatever its descriptor says.
   */
  readonly buffered: boolean;

  /**
   * An attempt to send would succeed, or fail for good, as far as this side knows: a writable descriptor alone does not make a source writable.
   * False only while `wantsWrite` or `wantsRead` is true; true for what is never sent on.
   */
  readonly writable: boolean;

  /** Unsent output waits for the socket: the poller watches for that too, whatever the interest, and then calls `flush`. */
  readonly wantsWrite: boolean;

  /** Unsent output waits for credit from the peer: the poller watches for incoming data too, whatever the interest, and then calls `flush`. */
  readonly wantsRead: boolean;

  /**
   * Sends what can be sent without waiting, and takes in what the peer granted if that is what it waits for. Called before the poller sleeps and
   * when the descriptor is ready for what `wantsWrite` and `wantsRead` ask. Never throws: a failure is reported by the source's next use.
   */
  flush(): void;

  /** Called at least every 100 ms while the poller waits: deadlines that no descriptor announces. Never throws. */
  tick(): void;

  /** Set by the poller. To be called when a registered source closes, **before** its descriptor does, so that a reused number is never taken for it. */
  onClose: ((handle: SourceHandle) => void) | undefined;
}
