/** A service with a policy, and clients who knock at it. */
import { type Credentials, Listener, type Policy, ServiceDescriptor } from 'gips';

import { keep } from './keep.js';
import { Queue } from './lines.js';
import { within } from './deadline.js';
import { serviceName } from './names.js';
import { type Program, start, type StartOptions } from './processes.js';

export interface Rejection {
  error: Error & { code: string };
  credentials: Credentials;
}

/** What becomes of a client: the answer to its message, or the error of its connect. */
export type Outcome = string | { code: string; message: string };

export const WELCOME = 'welcome';

/** A listener of this process that answers every message with a welcome. */
export class Door {
  readonly name: string;
  readonly #rejections = new Queue<Rejection>();
  /** The messages that have come in. */
  readonly messages: string[] = [];
  connections = 0;

  private constructor(listener: Listener) {
    this.name = listener.name;
    listener.on('rejected', (error, credentials) => this.#rejections.push({ error: error as Rejection['error'], credentials }));
    listener.on('connection', () => (this.connections += 1));
    void this.#serve(listener);
  }

  /** @param policy the default one if there is none */
  static async open(policy?: Policy, { greetingTimeout = 20_000 } = {}): Promise<Door> {
    const service = new ServiceDescriptor(serviceName('door'));
    return new Door(keep(await Listener.bind(policy === undefined ? service : service.withPolicy(policy), { greetingTimeout })));
  }

  /** The next client that was turned away. */
  rejection(): Promise<Rejection> {
    return within(this.#rejections.next(), 'a rejected client');
  }

  async #serve(listener: Listener): Promise<void> {
    for await (const { connection, message } of listener) {
      this.messages.push(message.text());
      await connection.reply(WELCOME);
    }
  }
}

/** Starts a client process at `name`. */
export function knock(
  name: string,
  who: StartOptions = {},
  how: { isBlocking?: boolean; serverUsers?: (string | number)[] } = {},
): Program {
  return start('knock', { ...who, argument: { name, ...how } });
}

/** How a new client process fares at `name`. */
export function outcomeOf(...client: Parameters<typeof knock>): Promise<Outcome> {
  return knock(...client).next<Outcome>('outcome');
}
