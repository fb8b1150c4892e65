import type { Host } from './host.js';
import { HostSupply } from './host-supply.js';
import { createPod, type Pod } from './pod.js';
import { Queue } from './queue.js';
import type { Session } from './session.js';
import type { Taking } from './taker.js';

/** Without an event loop, how many pods are taken before the system is asked for what other clients have sent. */
const PUMP_INTERVAL = 32;

/** The listener itself takes the messages of its connections. */
const PODS: Taking = { description: 'the pods of its listener', takesRequests: true };

/** The messages of all connections of a listener, one of each in turn. */
export class Pods extends HostSupply<Pod> {
  /** Connections that have something, in the order of their turns. */
  readonly #ready = new Queue<Session>();
  readonly #isReady = new Set<Session>();
  #taken = 0;

  constructor(host: Host) {
    super(host, 'pods');
  }

  get isEmpty(): boolean {
    return this.#ready.isEmpty;
  }

  /** From now on the connection's messages come as pods. */
  adopt(session: Session): void {
    session.receiver.hold(PODS);
    this.offer(session);
  }

  /** The connection may have something to take. One with too many unsent answers has to take those first. */
  offer(session: Session): void {
    if (session.receiver.isEmpty || this.#isReady.has(session)) return;
    if (session.sender.isFull) return session.sender.awaitRoom();
    this.#isReady.add(session);
    this.#ready.push(session);
  }

  /** Nothing of what has come will be taken. */
  clear(): void {
    this.#ready.clear();
    this.#isReady.clear();
    this.serve();
  }

  protected override next(): Pod | undefined {
    if (!this.host.isWatched && ++this.#taken % PUMP_INTERVAL === 0) this.host.pump();
    for (let session = this.#ready.shift(); session !== undefined; session = this.#ready.shift()) {
      const pod = this.#nextOf(session);
      if (pod !== undefined) return pod;
    }
    return undefined;
  }

  #nextOf(session: Session): Pod | undefined {
    this.#isReady.delete(session);
    if (session.sender.isFull) {
      session.sender.awaitRoom();
      return undefined;
    }
    try {
      const message = session.receiver.next();
      return message === undefined ? undefined : createPod(this.host.connectionOf(session), message);
    } catch (error) {
      this.host.onLoss(session, error as Error);
      return undefined;
    } finally {
      if (session.receiver.isEmpty) this.host.onEmptied(session);
      else this.offer(session);
    }
  }
}
