/** Those who wait, in order, for a server to be there again. */
import { GipsError, timeoutError } from '../errors.js';
import { bytesOf, payloadSize, validatePayload, type CallLimits, type Payload } from '../validate.js';
import type { Endpoint } from './endpoint.js';
import type { Ending } from './taker.js';
import type { Subject } from './endings.js';
import { descriptorsOf, IpcObject, type Objects } from './ipc-object.js';
import { COST_OF_OBJECT, costOf } from './message.js';
import { tooLarge } from './outgoing.js';
import { Waiter, WaitQueue } from './waiter.js';

/** A message that can be sent later, or again: the caller may change its bytes and close its objects meanwhile. */
export class HeldMessage {
  readonly payload: Payload;
  readonly objects: IpcObject[] | undefined;
  readonly cost: number;

  constructor(payload: unknown, objects: Objects | undefined, subject: Subject, maxMessageSize: number) {
    const bytes = validatePayload(payload);
    const size = payloadSize(bytes);
    if (size > maxMessageSize) throw tooLarge(subject, size, maxMessageSize);
    this.payload = typeof bytes === 'string' ? bytes : copyOf(bytes);
    this.objects = objects === undefined ? undefined : duplicatesOf(objects, subject);
    this.cost = costOf(size) + COST_OF_OBJECT * (this.objects?.length ?? 0);
  }

  [Symbol.dispose](): void {
    for (const object of this.objects ?? []) object.close();
  }
}

/** One who waits. */
class Turn extends Waiter<Promise<unknown>> {
  constructor(
    readonly cost: number,
    readonly act: (endpoint: Endpoint) => Promise<unknown>,
  ) {
    super();
  }
}

export class ReconnectingGate {
  readonly #subject: Subject;
  readonly #highWaterMark: number;
  readonly #turns: WaitQueue<Turn>;
  #cost = 0;

  /** @param onWants called when nobody waits any more */
  constructor(subject: Subject, highWaterMark: number, onWants: () => void) {
    this.#subject = subject;
    this.#highWaterMark = highWaterMark;
    this.#turns = new WaitQueue(onWants);
  }

  /** What waits costs together. */
  get cost(): number {
    return this.#cost;
  }

  get isEmpty(): boolean {
    return this.#turns.isEmpty;
  }

  /** Throws if there is no room for another message. */
  checkRoom({ cost }: HeldMessage): void {
    if (this.#cost === 0 || this.#cost + cost <= this.#highWaterMark) return;
    const { what, address } = this.#subject;
    throw new GipsError(
      `send to ${what}: it is not connected, and ${this.#cost} bytes wait for that already; nothing was lost, try again after 'reconnect'`,
      { code: 'EAGAIN', address },
    );
  }

  /** Has `act` called with the next connection, in the order of these calls. */
  async wait<T>(cost: number, limits: CallLimits, act: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    const { what, address } = this.#subject;
    const timedOut = (): Error => timeoutError(`${what} is not connected`, limits.timeout, address);
    if (limits.timeout === 0) throw timedOut();
    const turn = new Turn(cost, act);
    this.#cost += cost;
    turn.limit(limits, timedOut, () => (this.#cost -= cost));
    this.#turns.add(turn);
    return (await turn.promise) as T;
  }

  /** Lets all through, at once: nobody else comes between. */
  open(endpoint: Endpoint): void {
    for (let turn = this.#turns.first; turn !== undefined; turn = this.#turns.first) {
      this.#cost -= turn.cost;
      turn.resolve(turn.act(endpoint));
    }
  }

  fail({ error }: Ending): void {
    this.#cost = 0;
    for (let turn = this.#turns.first; turn !== undefined; turn = this.#turns.first) turn.reject(error());
  }
}

function copyOf(payload: Exclude<Payload, string>): Buffer {
  const bytes = bytesOf(payload);
  return Buffer.from(ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes));
}

function duplicatesOf(objects: Objects, subject: Subject): IpcObject[] {
  const duplicates: IpcObject[] = [];
  try {
    for (const object of descriptorsOf(objects, subject)) duplicates.push(IpcObject.from(object));
    return duplicates;
  } catch (error) {
    for (const duplicate of duplicates) duplicate.close();
    throw error;
  }
}
