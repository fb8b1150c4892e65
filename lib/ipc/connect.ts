/** How a client reaches its server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemError, timeoutError } from '../errors.js';
import { errnoOf, Feature, Kind, native, RingNews, type NativeChannel } from '../native/index.js';
import { Appearance } from './appearance.js';
import type { Credentials } from './credentials.js';
import { Deadline, sleepSync } from './deadline.js';
import { publishRingNews } from './diagnostics.js';
import './dispatch.js';
import { closed, refused, untold, violated } from './endings.js';
import { decodeRefused, decodeWelcome, encodeHello, PROTOCOL_VERSION } from './greeting.js';
import { check, checkSync, credentialsOf } from './identity.js';
import { Want } from './link.js';
import type { Message } from './message.js';
import { resolveAddress } from './names.js';
import { validateConnectOptions, type ConnectSettings } from './options.js';
import { ServiceDescriptor } from './service-descriptor.js';
import { Session } from './session.js';
import type { Ending } from './taker.js';
import { throwIfAborted, Waiter } from './waiter.js';

const QUEUE_IS_FULL = errnoOf('EAGAIN');
const MAX_BACKOFF_MS = 20;

/** What waiting can help against: no file, or (also for a moment while a server binds) a file of nobody who listens. */
const NOBODY_IS_THERE: ReadonlySet<number> = new Set([errnoOf('ECONNREFUSED'), errnoOf('ENOENT')]);

/** One attempt to reach a service. */
interface Attempt {
  readonly name: string;
  readonly what: string;
  readonly settings: ConnectSettings;
  readonly deadline: Deadline;
  /** The features of the protocol that are offered. */
  readonly offered: number;
}

/** Resolves once the server has admitted this process. */
export async function connect(service: unknown, options: unknown): Promise<Session> {
  return await open(begin(service, options));
}

/** As `connect`, for one who wants nothing but the statistics of the service: its only message. */
export async function inspectorSession(service: unknown, options: unknown): Promise<Session> {
  return await open({ ...begin(service, options), offered: Feature.STATISTICS });
}

async function open(attempt: Attempt): Promise<Session> {
  const socket = await openSocket(attempt);
  let session: Session | undefined;
  try {
    const credentials = credentialsOf(socket, attempt.what, attempt.name);
    await limited(check(attempt.settings.serverPolicy, socket, credentials), attempt);
    const welcome = new Waiter<void>();
    session = greet(attempt, socket, credentials, welcome);
    session.link.watch();
    session.link.want(Want.GREETING);
    await limited(welcome.promise, attempt);
    session.link.unwant(Want.GREETING);
    return session;
  } catch (error) {
    if (session === undefined) socket.close();
    else session.destroy(undefined);
    throw error;
  }
}

/** Returns once connected: what the server answers is learnt later. */
export function connectSync(service: unknown, options: unknown): Session {
  const attempt = begin(service, options);
  const socket = openSocketSync(attempt);
  try {
    const credentials = credentialsOf(socket, attempt.what, attempt.name);
    checkSync(attempt.settings.serverPolicy, socket, credentials);
    return greet(attempt, socket, credentials, new Waiter<void>());
  } catch (error) {
    socket.close();
    throw error;
  }
}

function begin(service: unknown, options: unknown): Attempt {
  const { name } = ServiceDescriptor.from(service as string | ServiceDescriptor);
  const settings = validateConnectOptions(options);
  const serverPolicy = settings.serverPolicy.resolve(name);
  return {
    name,
    what: `connect to "${name}"`,
    settings: { ...settings, serverPolicy },
    deadline: new Deadline(settings.timeout),
    offered: featuresFor(settings),
  };
}

async function openSocket(attempt: Attempt): Promise<NativeChannel> {
  const { name, deadline } = attempt;
  const { signal } = attempt.settings;
  const options = signal === undefined ? {} : { signal };
  const appearance = new Appearance(name);
  try {
    for (let backoff = 1; ; backoff = Math.min(2 * backoff, MAX_BACKOFF_MS)) {
      throwIfAborted({ signal });
      const socket = tryOpenSocket(attempt);
      if (typeof socket !== 'number') return socket;
      if (socket !== QUEUE_IS_FULL) await appearance.pause(deadline.remaining, signal);
      else await sleep(Math.min(backoff, deadline.remaining), undefined, options).catch(() => undefined);
    }
  } finally {
    appearance.close();
  }
}

function openSocketSync(attempt: Attempt): NativeChannel {
  const { name, settings, deadline } = attempt;
  const appearance = new Appearance(name);
  for (let backoff = 1; ; backoff = Math.min(2 * backoff, MAX_BACKOFF_MS)) {
    throwIfAborted(settings);
    const socket = tryOpenSocket(attempt);
    if (typeof socket !== 'number') return socket;
    if (socket !== QUEUE_IS_FULL) appearance.pauseSync(deadline.remaining);
    else sleepSync(Math.min(backoff, deadline.remaining));
  }
}

/** The negative errno if it is worth another attempt: the server's queue is full, or it is waited for. */
function tryOpenSocket({ name, what, settings, deadline }: Attempt): NativeChannel | number {
  const socket = native.connect(resolveAddress(name));
  if (typeof socket !== 'number') return socket;
  const isFull = socket === QUEUE_IS_FULL;
  if (!isFull && !(settings.wait && NOBODY_IS_THERE.has(socket))) throw systemError(socket, 'connect', what, name);
  if (deadline.hasPassed) throw timeoutError(`${what}, ${isFull ? 'whose queue is full' : 'which nobody serves'}`, deadline.timeout, name);
  return socket;
}

function greet(attempt: Attempt, socket: NativeChannel, credentials: Credentials, welcome: Waiter<void>): Session {
  const { name, settings } = attempt;
  const isRaw = settings.wire === 'raw';
  const understand = (answer: Message): Ending | undefined => onAnswer(session, answer, attempt, welcome);
  const session = new Session({
    native: socket,
    what: `Endpoint "${name}"`,
    address: name,
    credentials,
    settings,
    isRaw,
    greet: isRaw ? undefined : understand,
  });
  if (isRaw) welcome.resolve();
  else socket.send(Kind.HELLO, hello(attempt), 0);
  welcome.promise.catch(() => undefined);
  void session.ended.then((error) => welcome.reject(error ?? closed(session).error()));
  return session;
}

function featuresFor({ ring }: ConnectSettings): number {
  return ring === undefined ? native.features & ~Feature.RING : native.features;
}

function hello({ name, settings, offered }: Attempt): Buffer {
  return encodeHello({
    lowestVersion: PROTOCOL_VERSION,
    highestVersion: PROTOCOL_VERSION,
    features: offered,
    window: settings.highWaterMark,
    maxMessageSize: settings.maxMessageSize,
    name,
  });
}

function onAnswer(session: Session, { kind, payload }: Message, { settings, offered }: Attempt, welcome: Waiter<void>): Ending | undefined {
  if (kind === Kind.REFUSED) {
    const reason = decodeRefused(payload);
    return reason === undefined ? violated(session) : refused(reason, session);
  }
  const answer = kind === Kind.WELCOME ? decodeWelcome(payload, offered) : undefined;
  if (answer === undefined) return violated(session);
  if (offered === Feature.STATISTICS && answer.features !== offered) return untold(session);
  const { native: channel } = session.link;
  channel.setPeer(answer.window, answer.features);
  if (settings.ring !== undefined) {
    if ((answer.features & Feature.RING) !== 0) channel.useRing(settings.ring, settings.spin);
    else process.nextTick(() => publishRingNews(session, RingNews.REFUSED));
  }
  session.sender.welcome(answer.maxMessageSize);
  welcome.resolve();
  return undefined;
}

/** What must happen within the attempt's limits. */
function limited<T>(promise: Promise<T>, { what, name, settings, deadline }: Attempt): Promise<T> {
  const waiter = new Waiter<T>();
  const { signal } = settings;
  // A validator of the policy may have aborted it.
  if (signal?.aborted === true) waiter.reject(signal.reason);
  else waiter.limit({ signal, timeout: deadline.remaining }, () => timeoutError(what, deadline.timeout, name));
  promise.then(
    (value) => waiter.resolve(value),
    (error: unknown) => waiter.reject(error),
  );
  return waiter.promise;
}
