/** One message to all clients of a listener, and what becomes of those who do not keep up. */
import { GipsError } from '../errors.js';
import type { NativeDescriptor } from '../native/index.js';
import {
  bytesOf,
  payloadSize,
  validateCallOptions,
  validateFunction,
  validateObject,
  validatePayload,
  type CallLimits,
  type Payload,
} from '../validate.js';
import type { Connection } from './connection.js';
import { tooSlow } from './endings.js';
import { sent } from './fairness.js';
import type { Host } from './host.js';
import { costOf } from './message.js';
import { validateOneOf, type SendOptions } from './options.js';
import { tooLarge, validateObjects } from './outgoing.js';
import type { Session } from './session.js';
import { throwIfAborted } from './waiter.js';

/** Whom to send a message, what to send along, and what becomes of slow clients. */
export interface BroadcastOptions extends SendOptions {
  /** Who gets the message: those for whom it returns `true`; by default everybody. It is asked for every connection before anything is sent. */
  filter?: ((connection: Connection) => boolean) | undefined;
  /**
   * What becomes of a slow client, one that has not taken what was sent to it before: as much as the listener's `highWaterMark` is unsent.
   *
   * - `'wait'`: the message is queued for it too, and `broadcast` resolves when there is room again. When `timeout` or `signal` end that, the message is taken back,
   *   and counted as dropped, if nothing of it has left. One whose queue has reached the hard limit, because somebody does not wait, does not get the message.
   * - `'drop'`: it does not get this message. It is the new message that is dropped and not the oldest: what was accepted before was promised, and part of it may
   *   have left.
   * - `'disconnect'`: it does not get this message either, and is closed, as `destroy` does it; the connection's `closed` and `'close'` tell with `ENOBUFS`.
   * @default 'wait'
   */
  slow?: 'wait' | 'drop' | 'disconnect' | undefined;
}

type Policy = NonNullable<BroadcastOptions['slow']>;

/** The call, checked. */
interface Broadcast {
  readonly bytes: Payload;
  readonly objects: readonly NativeDescriptor[] | undefined;
  readonly limits: CallLimits;
  readonly slow: Policy;
}

/** See `Listener.broadcast`. */
export async function broadcast(host: Host, payload: unknown, options: unknown = {}): Promise<{ sent: number; dropped: number }> {
  const { filter, slow: policy = 'wait' } = validateObject(options, 'options');
  const isWanted = filter === undefined ? () => true : (validateFunction(filter, 'options.filter') as (connection: Connection) => unknown);
  const slow = validateOneOf(policy, 'options.slow', ['wait', 'drop', 'disconnect'] as const);
  const limits = validateCallOptions(options);
  const objects = validateObjects(options, host);
  throwIfAborted(limits);
  const sessions = [...host.sessions].filter((session) => !session.isOver && isWanted(host.connectionOf(session)) === true);
  const bytes = bytesOf(validatePayload(payload)); // last: the code of others, as the filter is, may take its memory away
  const size = payloadSize(bytes);
  if (size > host.settings.maxMessageSize) throw tooLarge(host, size, host.settings.maxMessageSize);
  host.assertOpen();
  host.watch();
  const outcomes = sessions.map((session) => give(session, { bytes, objects, limits, slow }, host));
  await sent(costOf(size) * sessions.length);
  const isAccepted = await Promise.all(outcomes);
  const count = isAccepted.filter(Boolean).length;
  return { sent: count, dropped: isAccepted.length - count };
}

/** Whether a connection gets the message. Never fails: what is wrong with one client is no reason for another to miss it. */
async function give(session: Session, { bytes, objects, limits, slow }: Broadcast, host: Host): Promise<boolean> {
  const { sender } = session;
  if (sender.isFull && (slow !== 'wait' || limits.timeout === 0)) {
    if (slow === 'disconnect') session.destroy(tooSlow(session, sender.buffered));
    return false;
  }
  try {
    const sequence = sender.post(bytes, objects);
    return slow !== 'wait' || !sender.isFull || (await waitForRoom(session, sequence, limits));
  } catch (error) {
    if (error instanceof GipsError && error.code === 'EAGAIN') host.onShortage(error);
    return false;
  }
}

async function waitForRoom(session: Session, sequence: number, limits: CallLimits): Promise<boolean> {
  try {
    await session.sender.untilRoom(limits);
    return true;
  } catch {
    return !session.isOver && !session.sender.takeBack(sequence);
  }
}
