/** What `node:diagnostics_channel` is told. Without a subscriber it costs a look at a flag. */
import diagnostics from 'node:diagnostics_channel';
import { Kind, RingNews } from '../native/index.js';
import type { Credentials } from './credentials.js';
import type { Subject } from './endings.js';
import type { ChannelStats } from './stats.js';

/** Which channel an event of `DiagnosticsEvents` is about. */
export interface ChannelTrace {
  /** As error messages name it: `Endpoint "com.example.echo"`. */
  readonly channel: string;
  /** The service's name. */
  readonly address: string;
}

/** A message that one side has accepted, or the other side received. */
export interface MessageTrace extends ChannelTrace {
  /** What it is. */
  readonly kind: 'message' | 'request' | 'reply';
  /** Of the payload, in bytes. */
  readonly size: number;
}

/** A request, from its beginning to its end: both events have the same object, so it can be the key of a `WeakMap`. */
export interface RequestTrace extends ChannelTrace {
  /** Who asks, or who answers. */
  readonly side: 'caller' | 'handler';
  /** Of the request's payload, in bytes. */
  readonly size: number;
  /** At the end: how long it took, in ms. */
  duration?: number;
  /** At the end: why there is no answer. */
  error?: unknown;
}

/** What an event is about that a listener tells. */
export interface ListenerTrace {
  /** As error messages name it: `Listener "com.example.echo"`. */
  readonly listener: string;
  /** The service's name. */
  readonly address: string;
}

/** A client that was turned away. */
export interface RejectionTrace extends ListenerTrace {
  /** The client's. */
  readonly credentials: Credentials;
  /** Why; its `code` is what the client was told, as far as it was told. */
  readonly error: Error;
}

/** A channel that has opened. */
export interface OpenTrace extends ChannelTrace {
  /** Which one this process is. */
  readonly side: 'client' | 'server';
  /** Of the other side. */
  readonly credentials: Credentials;
}

/** A channel that has ended. */
export interface CloseTrace extends ChannelTrace {
  /** `undefined`: in order. */
  readonly error: Error | undefined;
  /** What it has done. */
  readonly stats: ChannelStats;
}

/** A channel that spins no more. */
export interface SpinTrace extends ChannelTrace {
  /** Nothing came while it looked; or its thread may use one core only. */
  readonly reason: 'in vain' | 'one core';
}

/** The events by name, for `node:diagnostics_channel`. docs/observing.md shows how they are used. */
export interface DiagnosticsEvents {
  /** A listener listens. */
  'gips:listener.bind': ListenerTrace;
  /** A client was admitted: told on both sides. */
  'gips:connection.open': OpenTrace;
  /** A listener turned a client away. */
  'gips:connection.reject': RejectionTrace;
  /** A channel that was open has ended. */
  'gips:connection.close': CloseTrace;
  /** A message was accepted for sending. */
  'gips:message.send': MessageTrace;
  /** A message has arrived. */
  'gips:message.recv': MessageTrace;
  /** A request was sent, or a handler is about to be called. */
  'gips:request.start': RequestTrace;
  /** It was answered, or will not be. */
  'gips:request.end': RequestTrace;
  /** A channel's messages go through a ring from now on. */
  'gips:ring.open': ChannelTrace;
  /** A ring was asked for and cannot be had: messages go on through the socket. */
  'gips:ring.refused': ChannelTrace;
  /** A channel does not look for messages any more before it sleeps. */
  'gips:spin.stop': SpinTrace;
}

export type EventName = keyof DiagnosticsEvents;

/** `diagnostics_channel.Channel`, of one event. */
interface Publisher<E> {
  readonly hasSubscribers: boolean;
  publish(event: E): void;
}

function publisher<N extends EventName>(name: N): Publisher<DiagnosticsEvents[N]> {
  return diagnostics.channel(name);
}

export const listenerBind = publisher('gips:listener.bind');
export const connectionOpen = publisher('gips:connection.open');
export const connectionReject = publisher('gips:connection.reject');
export const connectionClose = publisher('gips:connection.close');
export const requestStart = publisher('gips:request.start');
export const requestEnd = publisher('gips:request.end');
const messageSend = publisher('gips:message.send');
const messageRecv = publisher('gips:message.recv');
const ringOpen = publisher('gips:ring.open');
const ringRefused = publisher('gips:ring.refused');
const spinStop = publisher('gips:spin.stop');

const KINDS: Partial<Record<Kind, MessageTrace['kind']>> = {
  [Kind.MESSAGE]: 'message',
  [Kind.REQUEST]: 'request',
  [Kind.REPLY]: 'reply',
};

export function subjectOf({ what, address }: Subject): ChannelTrace {
  return { channel: what, address };
}

export function publishSent(subject: Subject, kind: Kind, size: number): void {
  if (messageSend.hasSubscribers) publishSoon(messageSend, subject, kind, size);
}

export function publishReceived(subject: Subject, kind: Kind, size: number): void {
  if (messageRecv.hasSubscribers) publishSoon(messageRecv, subject, kind, size);
}

/** Not at once: subscribers may do anything, and the channel is in the middle of something. */
function publishSoon(to: Publisher<MessageTrace>, subject: Subject, kind: Kind, size: number): void {
  process.nextTick(() => to.publish({ ...subjectOf(subject), kind: KINDS[kind] ?? 'message', size }));
}

/** Tells what the addon says of a channel's ring. */
export function publishRingNews(subject: Subject, news: number): void {
  const channel = subjectOf(subject);
  if (news === RingNews.OPEN) ringOpen.publish(channel);
  else if (news === RingNews.REFUSED) ringRefused.publish(channel);
  else if (news === RingNews.SPIN_IN_VAIN) spinStop.publish({ ...channel, reason: 'in vain' });
  else if (news === RingNews.SPIN_ON_ONE_CORE) spinStop.publish({ ...channel, reason: 'one core' });
}
