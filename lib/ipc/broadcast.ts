/** One message to all clients of a listener, and what becomes of those who do not keep up. */
import { GipsError, timeoutError } from '../errors.js';
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
import { throwIfAborted, Waiter } from './waiter.js';

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

/** The call, checked. */
interface Broadcast {
  readonly bytes: Payload;
  readonly objects: readonly NativeDescriptor[] | undefined;
  readonly slow: NonNullable<BroadcastOptions['slow']>;
  readonly patience: Patience;
}

/** See `Listener.broadcast`. */
export async function broadcast(host: Host, payload: unknown, options: unknown = {}): Promise<{ sent: number; dropped: number }> {
  const { filter, slow: policy = 'wait' } = validateObject(options, 'options');
  const isWanted = filter === undefined ? () => true : (validateFunction(filter, 'options.filter') as (connection: Connection) => unknown);
  const slow = validateOneOf(policy, 'options.slow', ['wait', 'drop', 'disconnect'] as const);
  const limits = validateCallOptions(options);
  const sessions = [...host.sessions].filter((session) => !session.isOver && isWanted(host.connectionOf(session)) === true);
  const objects = validateObjects(options, host);
  const bytes = bytesOf(validatePayload(payload)); // last, as the other checks of what the filter, which is user code, may have changed
  throwIfAborted(limits);
  const size = payloadSize(bytes);
  if (size > host.settings.maxMessageSize) throw tooLarge(host, size, host.settings.maxMessageSize);
  host.assertOpen();
  host.watch();
  const patience = new Patience(limits);
  const outcomes = sessions.map((session) => give(session, { bytes, objects, slow, patience }, host));
  await sent(costOf(size) * sessions.length);
  const isAccepted = await Promise.all(outcomes);
  patience.end();
  const count = isAccepted.filter(Boolean).length;
  return { sent: count, dropped: isAccepted.length - count };
}

/** Whether a connection gets the message. Never fails: what is wrong with one client is no reason for another to miss it. */
async function give(session: Session, { bytes, objects, slow, patience }: Broadcast, host: Host): Promise<boolean> {
  const { sender } = session;
  if (sender.isFull && (slow !== 'wait' || patience.isNone)) {
    if (slow === 'disconnect') session.destroy(tooSlow(session, sender.buffered));
    return false;
  }
  try {
    const sequence = sender.post(bytes, objects);
    if (slow !== 'wait' || !sender.isFull || (await patience.wait(sender.waitForRoom()))) return true;
    return !session.isOver && !sender.takeBack(sequence);
  } catch (error) {
    if (error instanceof GipsError && error.code === 'EAGAIN') host.onShortage(error);
    return false;
  }
}

/** The limits of one call, for all that it waits for: one timer and one abort listener, however many clients are slow. */
class Patience {
  /** It does not wait at all. */
  readonly isNone: boolean;
  readonly #over = new Waiter<void>();
  readonly #waiters = new Set<Waiter<void>>();

  constructor(limits: CallLimits) {
    this.isNone = limits.timeout === 0;
    this.#over.limit(limits, () => timeoutError('broadcast', limits.timeout));
    this.#over.promise.catch((reason: unknown) => {
      for (const waiter of this.#waiters) waiter.reject(reason);
    });
  }

  /** False if what is waited for will not come, or not in time. */
  async wait(waiter: Waiter<void>): Promise<boolean> {
    this.#waiters.add(waiter);
    try {
      await waiter.promise;
      return true;
    } catch {
      return false;
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  end(): void {
    this.#over.resolve();
  }
}
