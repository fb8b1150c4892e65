/** Something that can be polled, and made ready or not: a pipe, or on Windows, where no descriptor can be polled, a channel. */
import { Endpoint, FdSource, Listener, type Connection } from 'gips';
import { keep } from './keep.js';
import { serviceName } from './names.js';
import { Pipe } from './pipe.js';
import { isWindows } from './platform.js';

export interface Pollable {
  readonly source: FdSource | Endpoint;
  /** Makes it readable. */
  write(): void;
  /** Takes what is there to be read. */
  drain(): void;
  /** Writes until it is not writable. */
  fill(): void;
}

export function makePollable(): Pollable {
  return isWindows ? new PolledChannel() : new PolledPipe();
}

class PolledPipe implements Pollable {
  readonly #pipe = keep(new Pipe());
  readonly source = new FdSource(this.#pipe.fd);

  write(): void {
    this.#pipe.write();
  }

  drain(): void {
    this.#pipe.drain();
  }

  fill(): void {
    this.#pipe.fill();
  }
}

/** Both ends are in this thread; the client is what is polled. */
class PolledChannel implements Pollable {
  readonly source: Endpoint;
  readonly #peer: Connection;

  constructor() {
    const listener = keep(Listener.bindSync(serviceName()));
    this.source = keep(Endpoint.connectSync(listener.name));
    this.source.sendSync('hello');
    this.#peer = listener.acceptSync(5_000).connection;
    // What the greeting has left to be read.
    this.drain();
  }

  write(): void {
    this.#peer.sendSync('x');
    settle();
  }

  drain(): void {
    while (this.source.tryRecv() !== null);
  }

  fill(): void {
    while (this.source.trySend(Buffer.alloc(65_536)));
  }
}

/** Waits until it is known of everything so far that it has come: one thread tells of it, in order. */
function settle(): void {
  const listener = Listener.bindSync(serviceName());
  const witness = Endpoint.connectSync(listener.name);
  witness.sendSync('and this');
  listener.acceptSync(5_000);
  witness.destroy();
  void listener.close();
}
