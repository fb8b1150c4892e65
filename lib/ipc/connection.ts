import type { Payload } from '../validate.js';
import { Channel } from './channel.js';
import type { Message } from './message.js';
import type { SendOptions } from './options.js';
import type { Session } from './session.js';

/** The public face of a listener's session. */
export let createConnection: (session: Session) => Connection;

/** As `Connection.reply`, with the message to answer apart from the options. */
export let replyTo: (connection: Connection, to: Message, payload: Payload, options: SendOptions | undefined) => Promise<void>;

/** The server's end of one client's connection. Made by a `Listener`. */
export class Connection extends Channel {
  readonly #session: Session;

  private constructor(session: Session) {
    super(session);
    this.#session = session;
  }

  static {
    createConnection = (session) => new Connection(session);
    replyTo = (connection, to, payload, options) => connection.#session.sender.reply(to, payload, options);
  }

  /**
   * Answers a client. Resolves once the answer is queued, or once the client is gone, which the connection's own events tell: a client that does not read its
   * answers cannot stall its server.
   * @param options `to`: the message to answer; a request gets its reply, anything else a message
   */
  reply(payload: Payload, options?: SendOptions & { to?: Message | undefined }): Promise<void> {
    return this.#session.sender.reply(options?.to, payload, options);
  }
}
