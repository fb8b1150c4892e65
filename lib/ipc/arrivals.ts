import type { Connection } from './connection.js';
import type { Host } from './host.js';
import { HostSupply } from './host-supply.js';
import type { Session } from './session.js';

/** Admitted clients that nobody has been given yet. */
export class Arrivals extends HostSupply<Connection> {
  readonly #sessions = new Set<Session>();
  #isUsed = false;

  constructor(host: Host) {
    super(host, 'connections');
  }

  /** Somebody iterates, or has done so. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  has(session: Session): boolean {
    return this.#sessions.has(session);
  }

  add(session: Session): void {
    this.#sessions.add(session);
    this.serve();
  }

  /** It is not to be given to anybody any more. */
  forget(session: Session): void {
    this.#sessions.delete(session);
  }

  clear(): void {
    this.#sessions.clear();
    this.serve();
  }

  override iterate(): AsyncIterableIterator<Connection, undefined> {
    this.#isUsed = true;
    return super.iterate();
  }

  protected override next(): Connection | undefined {
    const [session] = this.#sessions;
    if (session === undefined) return undefined;
    const connection = this.host.connectionOf(session);
    this.#sessions.delete(session);
    this.host.onEmptied(session);
    return connection;
  }
}
