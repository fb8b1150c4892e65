import type { Connection } from './connection.js';
import type { Host } from './host.js';
import { HostSupply } from './host-supply.js';

/** Admitted clients that nobody has been given yet. */
export class Arrivals extends HostSupply<Connection> {
  readonly #connections = new Set<Connection>();

  constructor(host: Host) {
    super(host, 'connections');
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
    this.serve();
  }

  /** It has ended, and nothing is left to take from it. */
  forget(connection: Connection): void {
    this.#connections.delete(connection);
  }

  clear(): void {
    this.#connections.clear();
    this.serve();
  }

  protected override next(): Connection | undefined {
    const [connection] = this.#connections;
    if (connection !== undefined) this.#connections.delete(connection);
    return connection;
  }
}
