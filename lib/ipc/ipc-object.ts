import net from 'node:net';
import type { FileHandle } from 'node:fs/promises';
import { GipsError, closedError, invalidArgType, invalidArgValue, systemError, unsupportedError } from '../errors.js';
import { errnoOf, native, OBJECT_KIND, type DescriptorType, type NativeDescriptor } from '../native/index.js';
import { descriptorOfRegion, Shm } from '../shm/shm.js';
import { validateFd, validateObject } from '../validate.js';
import type { Subject } from './endings.js';

/** What can be sent along with a payload. */
export type Objects = Iterable<IpcObject | Shm>;

/** Objects per message: the most that Linux passes at once (SCM_MAX_FD). */
const MAX_OBJECTS = 253;

/** An object that owns `descriptor`. */
export let wrap: (descriptor: NativeDescriptor) => IpcObject;

/** The descriptor of an open object, which keeps it. */
export let descriptorOf: (object: IpcObject) => NativeDescriptor;

/**
 * A kernel object that messages carry from process to process: a file descriptor, or, on Windows, a handle. It is open until `close()`, or until something consumes it; one that is
 * garbage-collected is closed too.
 */
export class IpcObject implements Disposable {
  /** What kind of object the platform passes: `'handle'` on Windows, `'fd'` elsewhere. */
  readonly kind: 'fd' | 'handle' | 'port' | 'ool' = OBJECT_KIND;

  readonly #descriptor: NativeDescriptor;

  private constructor(descriptor: NativeDescriptor) {
    this.#descriptor = descriptor;
  }

  static {
    wrap = (descriptor) => new IpcObject(descriptor);
    descriptorOf = (object) => {
      object.#requireOpen();
      return object.#descriptor;
    };
  }

  /**
   * Duplicates the descriptor of `source`, which stays open, and its owner's. The object of a region stands for its memory, whatever becomes of `source`. A socket stops reading, so that no byte goes to the wrong owner: get rid of it with
   * `destroy()`, because `end()` would end the connection for the duplicate too.
   * @throws TypeError `ERR_INVALID_ARG_VALUE` for a socket that is not connected, uses TLS, or holds bytes already read or not yet written: they would be lost
   * @throws GipsError `EINVAL` if the number is no open descriptor, `EAGAIN` if there are too many, `ERR_GIPS_CLOSED` for a region that is closed,
   *   `ERR_GIPS_UNSUPPORTED` for a socket or a server on Windows, where Node tells nobody its handle
   */
  static from(source: Shm | net.Socket | net.Server | FileHandle | { readonly fd: number }): IpcObject {
    if (source instanceof Shm) return source.toObject();
    if (source instanceof net.Socket) return duplicateSocket(source);
    if (source instanceof net.Server) return duplicateServer(source);
    return duplicate(validateFd(validateObject(source, 'source').fd, 'source.fd'));
  }

  /**
   * The descriptor's number. It stays this object's. On Windows it is one of the C library's, as `fs` has them, for a file or a pipe; to ask for it waits for
   * a peer that reads from a pipe of its own without overlapping.
   * @throws GipsError `ERR_GIPS_CLOSED` once the object is closed or consumed, `ERR_GIPS_UNSUPPORTED` for what has none: on Windows, shared memory
   */
  get fd(): number {
    this.#requireOpen();
    return this.#requireNumber(this.#descriptor.fd);
  }

  /**
   * The descriptor's number, which the caller owns and must close from now on; the object is consumed.
   * @throws GipsError as `fd`, which leaves the object as it was
   */
  takeFd(): number {
    this.#requireOpen();
    return this.#requireNumber(this.#descriptor.takeFd());
  }

  /**
   * The region of shared memory that this object stands for. Consumes the object.
   * @throws GipsError as `Shm.from`, which leaves the object as it was
   */
  toShm(): Shm {
    return Shm.from(this);
  }

  /**
   * A `net.Socket` on this connected stream socket. It reads at once. Consumes the object.
   * @param options those of `new net.Socket()`, but for `fd`
   * @throws GipsError `EINVAL` if it is no stream socket, which leaves the object as it was
   */
  toSocket(options: Omit<net.SocketConstructorOpts, 'fd'> = {}): net.Socket {
    this.#require('stream', 'a connected stream socket');
    const socket = new net.Socket({ readable: true, writable: true, ...options, fd: this.#descriptor.fd });
    this.#descriptor.takeFd();
    return socket;
  }

  /**
   * A `net.Server` that accepts on this listening stream socket. Consumes the object.
   * @throws GipsError `EINVAL` if it is no listening stream socket, which leaves the object as it was
   */
  toServer(): net.Server {
    this.#require('stream-listener', 'a listening stream socket');
    const server = net.createServer().listen({ fd: this.#descriptor.fd });
    this.#descriptor.takeFd();
    return server;
  }

  /** Closes the descriptor, unless the object was consumed. */
  close(): void {
    this.#descriptor.close();
  }

  /** `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #requireOpen(): void {
    if (!this.#descriptor.isOpen) throw closedError('the IpcObject');
  }

  #requireNumber(fd: number): number {
    if (fd < 0)
      throw unsupportedError('this IpcObject is a handle that no file descriptor stands for; if it is shared memory, use toShm()');
    return fd;
  }

  #require(type: DescriptorType, expected: string): void {
    const actual = native.describe(this.fd);
    if (typeof actual === 'number') throw systemError(actual, 'fstat', `look at descriptor ${this.fd}`);
    if (actual !== type) {
      throw new GipsError(`descriptor ${this.fd} is not ${expected} but of type "${actual}"; nothing was consumed`, { code: 'EINVAL' });
    }
  }
}

/**
 * The descriptors of what a caller sends along to `subject`; none of them is consumed.
 * @throws TypeError for what is no list of objects, GipsError `EMSGSIZE` if there are too many, `ERR_GIPS_CLOSED` if one is closed
 */
export function descriptorsOf(objects: unknown, { what, address }: Subject): NativeDescriptor[] {
  if (typeof objects !== 'object' || objects === null || !(Symbol.iterator in objects)) {
    throw invalidArgType('options.objects', 'an iterable of IpcObject and Shm', objects);
  }
  const list: (IpcObject | Shm)[] = [];
  for (const object of objects as Iterable<unknown>) {
    if (!(object instanceof IpcObject || object instanceof Shm)) {
      throw invalidArgType(`options.objects[${list.length}]`, 'an instance of IpcObject or Shm', object);
    }
    if (list.length === MAX_OBJECTS) {
      const message = `send to ${what}: a message carries at most ${MAX_OBJECTS} objects; send the others with another one`;
      throw new GipsError(message, { code: 'EMSGSIZE', address });
    }
    list.push(object);
  }
  // Only now: the iterable is user code, which may have closed one that it had given.
  return list.map((object) => (object instanceof Shm ? descriptorOfRegion(object) : descriptorOf(object)));
}

function duplicate(fd: number): IpcObject {
  const descriptor = native.duplicate(fd);
  if (descriptor === errnoOf('ENOTSUP')) throw unsupportedSocket();
  if (typeof descriptor === 'number') throw systemError(descriptor, 'fcntl', `duplicate descriptor ${fd}`);
  return wrap(descriptor);
}

/** The part of a net.Socket's and a net.Server's handle that has no public name. */
interface Handle {
  readonly fd: number;
  reading: boolean;
  readStop(): void;
}

function handleOf(owner: object): Handle {
  const { _handle: handle } = owner as { _handle?: Partial<Handle> | null };
  if (OBJECT_KIND === 'handle') throw unsupportedSocket();
  if (handle?.fd === undefined || handle.fd < 0) refuse(owner, 'must have a descriptor');
  return handle as Handle;
}

function duplicateServer(server: net.Server): IpcObject {
  if (!server.listening) refuse(server, 'must listen');
  return duplicate(handleOf(server).fd);
}

function duplicateSocket(socket: net.Socket): IpcObject {
  if ('encrypted' in socket) refuse(socket, 'must not use TLS: the keys would stay behind');
  if (socket.destroyed) refuse(socket, 'must not be destroyed');
  if (socket.pending) refuse(socket, 'must be connected');
  if (socket.readableLength > 0) refuse(socket, 'must not hold bytes already read: they would be lost');
  if (socket.writableLength > 0) refuse(socket, 'must not hold bytes not yet written: they would be lost');
  const handle = handleOf(socket);
  const object = duplicate(handle.fd);
  stopReading(handle);
  return object;
}

/**
 * Keeps a socket from taking bytes that the duplicate's owner should get. `socket.pause()` would not do: it stops the stream, while the handle
 * goes on reading into the stream's buffer. And a handle known to be stopped is started again by the next look for more (as follows every
 * 'data' event), so it stays marked as reading.
 */
function stopReading(handle: Handle): void {
  handle.reading = true;
  handle.readStop();
}

function unsupportedSocket(): GipsError {
  return unsupportedError(
    'sockets cannot be sent on Windows: Node does not tell their handles; pass the bytes on instead, or let the other process listen',
  );
}

function refuse(source: object, reason: string): never {
  throw invalidArgValue('source', source.constructor.name, reason);
}
