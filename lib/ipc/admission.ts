/** One client from its connection to the moment it is admitted or turned away. */
import { GipsError, timeoutError } from '../errors.js';
import { Feature, FirstPacket, Kind, native as binding, NOTHING, type NativeChannel } from '../native/index.js';
import { Credentials } from './credentials.js';
import type { ChannelOwner } from './dispatch.js';
import { closed, refused, violated } from './endings.js';
import { decodeHello, encodeRefused, encodeWelcome, type Hello, PROTOCOL_VERSION, Reason } from './greeting.js';
import { check, checkSync, credentialsOf } from './identity.js';
import { READABLE } from './link.js';
import { Activity } from './idleness.js';
import type { Message } from './message.js';
import type { ListenerSettings } from './options.js';
import type { Policy } from './policy.js';
import type { Member } from './selection.js';
import { Session, type SessionHost } from './session.js';
import { mayInspect, statisticsOf } from './statistics.js';
import type { ListenerStats } from './stats.js';
import { descriptorFreed } from './shortage.js';
import type { Ending } from './taker.js';

/** The listener a client wants to be admitted by. */
export interface AdmissionHost extends SessionHost {
  readonly what: string;
  readonly address: string;
  readonly policy: Policy;
  readonly settings: ListenerSettings;
  /** No more connections are wanted. */
  readonly isFull: boolean;
  /** What inspectors are told. */
  readonly stats: ListenerStats;
  readonly sessions: Iterable<Session>;
  /** Nothing is to be done for the client until a validator has answered. */
  onDeciding(admission: Admission): void;
  /** The client has been greeted. Throws if it cannot be served, and then the session is to be destroyed. */
  onAdmitted(admission: Admission, session: Session): void;
  /** The client has been turned away, or (without an error) has left before it said anything. */
  onRejected(admission: Admission, error: Error | undefined): void;
  /** The system does not say who the client is. It is gone. */
  onUnidentified(admission: Admission, error: Error): void;
}

export class Admission implements ChannelOwner, Member {
  readonly interest = READABLE;
  readonly socket: NativeChannel;
  /** When it is given up, in the time of `performance.now()`. */
  readonly deadline: number;
  readonly #host: AdmissionHost;
  #credentials: Credentials | undefined = undefined;
  #isDeciding = false;
  #isOver = false;

  constructor(socket: NativeChannel, host: AdmissionHost) {
    this.socket = socket;
    this.#host = host;
    this.deadline = performance.now() + host.settings.greetingTimeout;
    socket.setOwner(this);
  }

  /** Asked for when they are needed: not every system knows all before the client has said something. Throws if it does not tell. */
  get credentials(): Credentials {
    const { what, address } = this.#host;
    return (this.#credentials ??= credentialsOf(this.socket, `accept a client of ${what}`, address));
  }

  get fd(): number {
    return this.socket.fd;
  }

  /** The first packet has come, and a validator has not answered yet. */
  get isDeciding(): boolean {
    return this.#isDeciding;
  }

  onBatch(): void {
    this.look();
  }

  onReady(): void {
    this.look();
  }

  onWritable(): void {
    // Nothing is sent before the decision.
  }

  /** Looks at the first packet, if it has come. */
  look(): void {
    if (this.#isDeciding) return;
    const { wire } = this.#host.settings;
    switch (this.socket.peekFirst()) {
      case FirstPacket.HELLO:
        return this.#decide(wire === 'raw');
      case FirstPacket.RAW:
        return wire === 'gips' ? this.#reject(this.#violation()) : this.#decide(true);
      case FirstPacket.EOF:
        return this.#reject(undefined);
      case FirstPacket.VIOLATION:
        return this.#reject(this.#violation());
      default:
        if (this.#host.isWatched) this.socket.watch(true);
    }
  }

  /** The client, or a validator, took too long. */
  expire(): void {
    const { what, address, settings } = this.#host;
    this.#reject(timeoutError(`greet a client of ${what}`, settings.greetingTimeout, address));
  }

  /** The listener closes. */
  cancel(): void {
    this.#isOver = true;
    this.socket.close();
  }

  #decide(isRaw: boolean): void {
    const { policy, isWatched } = this.#host;
    this.#isDeciding = true;
    if (this.#identify() === undefined) return;
    if (isWatched && policy.hasValidator) {
      this.#host.onDeciding(this);
      check(policy, this.socket, this.credentials).then(
        () => this.#admit(isRaw),
        (error: Error) => this.#refuse(isRaw, Reason.POLICY, error),
      );
      return;
    }
    try {
      checkSync(policy, this.socket, this.credentials);
    } catch (error) {
      return this.#refuse(isRaw, Reason.POLICY, error as Error);
    }
    this.#admit(isRaw);
  }

  #admit(isRaw: boolean): void {
    if (this.#isOver) return;
    const host = this.#host;
    if (isRaw && host.isFull) return this.#reject(this.#tooMany());
    this.#isOver = true;
    let failure: Ending | undefined = isRaw ? undefined : violated(host);
    const greet = (hello: Message): Ending | undefined => (failure = this.#greet(session, hello));
    const session = new Session({
      native: this.socket,
      what: `Connection of ${host.what}`,
      address: host.address,
      credentials: this.credentials,
      settings: host.settings,
      isRaw,
      greet: isRaw ? undefined : greet,
      host,
    });
    if (host.settings.idleTimeout !== Infinity) session.activity = new Activity(session);
    try {
      if (!isRaw) session.receive();
      if (failure === undefined) return host.onAdmitted(this, session);
    } catch (error) {
      return this.#abandon(session, error as Error);
    }
    this.#abandon(session, failure.isOrderly ? undefined : failure.error());
  }

  /** Answers a HELLO. Returns how the channel has ended with it, if it has. */
  #greet(session: Session, { kind, payload }: Message): Ending | undefined {
    const host = this.#host;
    const hello = kind === Kind.HELLO ? decodeHello(payload) : undefined;
    if (hello === undefined) return violated(session);
    if (hello.lowestVersion > PROTOCOL_VERSION)
      return turnAway(session, Reason.NO_COMMON_VERSION, refused(Reason.NO_COMMON_VERSION, session));
    if (hello.features === Feature.STATISTICS) return inform(session, host);
    if (host.isFull) return turnAway(session, Reason.TOO_MANY_CONNECTIONS, { error: () => this.#tooMany(), isOrderly: false });
    welcome(session, hello, host.settings.spin);
    return undefined;
  }

  #abandon(session: Session, error: Error | undefined): void {
    session.destroy(undefined);
    this.#host.onRejected(this, error);
  }

  /** Tells the client why, as far as it may know. */
  #refuse(isRaw: boolean, reason: Reason, error: Error): void {
    if (this.#isOver) return;
    if (!isRaw) {
      const { highWaterMark, maxMessageSize } = this.#host.settings;
      this.socket.open('gips', highWaterMark, maxMessageSize);
      this.socket.send(Kind.REFUSED, encodeRefused(reason), 0);
      this.socket.flush();
    }
    this.#reject(error);
  }

  #reject(error: Error | undefined): void {
    if (this.#isOver || (error !== undefined && this.#identify() === undefined)) return;
    this.cancel();
    descriptorFreed();
    this.#host.onRejected(this, error);
  }

  /** Without the kernel's word on who it is, nobody is admitted. */
  #identify(): Credentials | undefined {
    try {
      return this.credentials;
    } catch (error) {
      this.cancel();
      descriptorFreed();
      this.#host.onUnidentified(this, error as Error);
      return undefined;
    }
  }

  #violation(): Error {
    return violated(this.#host).error();
  }

  #tooMany(): Error {
    const { what, address, settings } = this.#host;
    return new GipsError(
      `admit a client to ${what}: it has ${settings.maxConnections} connections already; raise maxConnections, or close some`,
      {
        code: 'EAGAIN',
        address,
      },
    );
  }
}

/** Says why, and no more. */
function turnAway({ link: { native } }: Session, reason: Reason, ending: Ending): Ending {
  native.send(Kind.REFUSED, encodeRefused(reason), 0);
  native.flush();
  return ending;
}

function welcome({ link: { native }, sender, settings }: Session, hello: Hello, spin: number): void {
  const features = hello.features & binding.features;
  native.setPeer(hello.window, features);
  if ((features & Feature.RING) !== 0) native.useRing(0, spin);
  sender.welcome(hello.maxMessageSize);
  const { highWaterMark: window, maxMessageSize } = settings;
  native.send(Kind.WELCOME, encodeWelcome({ version: PROTOCOL_VERSION, features, window, maxMessageSize }), 0);
  native.flush();
}

/** Tells an inspector, who is no client, what it came for. */
function inform(session: Session, host: AdmissionHost): Ending {
  if (!mayInspect(session.credentials, Credentials.currentProcess()))
    return turnAway(session, Reason.POLICY, refused(Reason.POLICY, session));
  const { native } = session.link;
  const { highWaterMark: window, maxMessageSize } = session.settings;
  native.send(Kind.WELCOME, encodeWelcome({ version: PROTOCOL_VERSION, features: Feature.STATISTICS, window, maxMessageSize }), 0);
  native.send(Kind.MESSAGE, Buffer.from(JSON.stringify(statisticsOf(host))), 0);
  native.send(Kind.GOODBYE, NOTHING, 0);
  native.flush();
  return closed(session);
}
