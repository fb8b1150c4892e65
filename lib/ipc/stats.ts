/** What channels and listeners count. */
import type { Message } from './message.js';

/** What a channel has done so far. */
export interface ChannelStats {
  /** Messages accepted by `send` and its other forms. */
  readonly messagesSent: number;
  /** Bytes of their payloads. */
  readonly bytesSent: number;
  /** Messages that have arrived, taken by their user or not. */
  readonly messagesReceived: number;
  /** Bytes of their payloads. */
  readonly bytesReceived: number;
}

/** What a listener has done so far. The counts of messages are those of all its connections, ended ones included. */
export interface ListenerStats extends ChannelStats {
  /** Connections that are open now. */
  readonly connections: number;
  /** Clients admitted. */
  readonly accepted: number;
  /** Clients turned away: by the policy, by a limit, or because they did not greet as they should. */
  readonly rejected: number;
}

export class ChannelCounters implements ChannelStats {
  messagesSent = 0;
  bytesSent = 0;
  messagesReceived = 0;
  bytesReceived = 0;

  sent(size: number): void {
    this.messagesSent += 1;
    this.bytesSent += size;
  }

  received(message: Message): void {
    this.messagesReceived += 1;
    this.bytesReceived += message.size;
  }

  /** Counts what `other` has counted too. */
  add(other: ChannelStats): void {
    this.messagesSent += other.messagesSent;
    this.bytesSent += other.bytesSent;
    this.messagesReceived += other.messagesReceived;
    this.bytesReceived += other.bytesReceived;
  }

  snapshot(): ChannelStats {
    const { messagesSent, bytesSent, messagesReceived, bytesReceived } = this;
    return { messagesSent, bytesSent, messagesReceived, bytesReceived };
  }
}
