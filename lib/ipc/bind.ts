/** How a listener gets its socket. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GipsError, invalidArgType, systemError } from '../errors.js';
import { errnoOf, native, type NativeAcceptor } from '../native/index.js';
import { validateString } from '../validate.js';
import { takeActivated } from './activation.js';
import { Deadline, sleepSync } from './deadline.js';
import { Host } from './host.js';
import { descriptorOf, IpcObject } from './ipc-object.js';
import { nameOf, requireSharing, resolveAddress } from './names.js';
import { validateListenerOptions, type ListenerSettings } from './options.js';
import { Policy } from './policy.js';
import { ServiceDescriptor } from './service-descriptor.js';

/** Another binder holds the directory's lock, which takes milliseconds. */
const LOCKED = errnoOf('EAGAIN');
const LOCK_RETRY_MS = 5;
const LOCK_TIMEOUT = 5000;

interface AdoptOptions {
  policy?: unknown;
}

interface Binding {
  readonly name: string;
  readonly policy: Policy;
  readonly settings: ListenerSettings;
  readonly deadline: Deadline;
}

export async function openAcceptor(service: unknown, options: unknown): Promise<Host> {
  const binding = begin(service, options);
  for (;;) {
    const host = tryListen(binding);
    if (host !== undefined) return host;
    await sleep(LOCK_RETRY_MS);
  }
}

export function openAcceptorSync(service: unknown, options: unknown): Host {
  const binding = begin(service, options);
  for (;;) {
    const host = tryListen(binding);
    if (host !== undefined) return host;
    sleepSync(LOCK_RETRY_MS);
  }
}

/** For another process's listening socket. */
export function adopt(object: unknown, options?: AdoptOptions): Host {
  if (!(object instanceof IpcObject)) throw invalidArgType('object', 'an instance of IpcObject', object);
  requireSharing('accept on a listening socket of another process');
  return adoptBy(() => {
    const acceptor = native.adoptAcceptor(descriptorOf(object));
    if (typeof acceptor !== 'number') return acceptor;
    throw systemError(acceptor, 'getsockopt', 'accept on a listening socket of another process');
  }, options);
}

/** For a listening socket that this process was started with. */
export function adoptActivated(name: unknown, options?: AdoptOptions): Host {
  const wanted = name === undefined ? undefined : validateString(name, 'name');
  return adoptBy(() => takeActivated(wanted), options);
}

/** Takes the socket only when everything else is right. */
function adoptBy(take: () => NativeAcceptor, options: AdoptOptions = {}): Host {
  const settings = validateListenerOptions(options);
  const { policy = Policy.sameUser() } = options;
  if (!(policy instanceof Policy)) throw invalidArgType('options.policy', 'an instance of Policy', policy);
  const resolved = policy.resolve();
  const acceptor = take();
  const name = nameOf(acceptor.address);
  return new Host(acceptor, name, resolved.resolve(name), settings);
}

function begin(service: unknown, options: unknown): Binding {
  const { name, policy = Policy.sameUser() } = ServiceDescriptor.from(service as string | ServiceDescriptor);
  return { name, policy: policy.resolve(name), settings: validateListenerOptions(options), deadline: new Deadline(LOCK_TIMEOUT) };
}

/** `undefined` while another binder is at it. */
function tryListen({ name, policy, settings, deadline }: Binding): Host | undefined {
  const acceptor: NativeAcceptor | number = native.listen(resolveAddress(name), settings.backlog, policy.audience);
  if (typeof acceptor !== 'number') return new Host(acceptor, name, policy, settings);
  if (acceptor !== LOCKED) throw systemError(acceptor, 'bind', `bind "${name}"`, name);
  if (!deadline.hasPassed) return undefined;
  throw new GipsError(`bind "${name}": another process has been binding a name in its directory for ${LOCK_TIMEOUT} ms; try again`, {
    code: 'EAGAIN',
    errno: acceptor,
    syscall: 'flock',
    address: name,
  });
}
