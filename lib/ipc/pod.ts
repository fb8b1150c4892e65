import type { Payload } from '../validate.js';
import { replyTo, type Connection } from './connection.js';
import type { Credentials } from './credentials.js';
import type { Message } from './message.js';
import type { SendOptions } from './options.js';

/** For listeners alone. */
export let createPod: (connection: Connection, message: Message) => Pod;

/** One message of one client, with the connection to answer on. */
export class Pod {
  /** Where the message came from. Receiving from it is `ERR_GIPS_BUSY`: its messages come as pods. */
  readonly connection: Connection;
  /** What the client has sent. */
  readonly message: Message;

  private constructor(connection: Connection, message: Message) {
    this.connection = connection;
    this.message = message;
  }

  static {
    createPod = (connection, message) => new Pod(connection, message);
  }

  /** Who sent it, as the kernel knows it. */
  get credentials(): Credentials {
    return this.connection.credentials;
  }

  /** Both parts, to destructure. */
  split(): {
    /** Where the message came from. */
    connection: Connection;
    /** What the client has sent. */
    message: Message;
  } {
    return { connection: this.connection, message: this.message };
  }

  /** Answers the message: see `Connection.reply`. */
  reply(payload: Payload, options?: SendOptions): Promise<void> {
    return replyTo(this.connection, this.message, payload, options);
  }
}
