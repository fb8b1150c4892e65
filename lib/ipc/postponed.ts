/** Messages that a client may not send before the server has said how much it takes. */
import { systemError } from '../errors.js';
import type { Kind, NativeDescriptor } from '../native/index.js';
import type { Payload } from '../validate.js';
import { Waiter } from './waiter.js';

/** One of them. It owns its bytes and its descriptors, since its caller may do what it likes with its own. */
export class PostponedMessage {
  readonly kind: Kind;
  readonly correlation: number;
  readonly payload: Payload;
  readonly objects: readonly NativeDescriptor[] | undefined;
  readonly size: number;
  readonly waiter = new Waiter<void>();
  /** Once it has been queued. */
  sequence: number | undefined = undefined;

  constructor(kind: Kind, correlation: number, payload: Payload, size: number, objects: readonly NativeDescriptor[] | undefined) {
    this.kind = kind;
    this.correlation = correlation;
    this.objects = objects?.map(duplicate);
    this.payload = typeof payload === 'string' ? payload : copy(payload);
    this.size = size;
  }

  discard(): void {
    for (const object of this.objects ?? []) object.close();
  }
}

export class Postponed {
  readonly #messages = new Set<PostponedMessage>();
  readonly #becameEmpty: () => void;
  #size = 0;

  /** @param becameEmpty called whenever the last one has left */
  constructor(becameEmpty: () => void) {
    this.#becameEmpty = becameEmpty;
  }

  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  /** Bytes of all of them. */
  get size(): number {
    return this.#size;
  }

  add(message: PostponedMessage): void {
    this.#messages.add(message);
    this.#size += message.size;
  }

  remove(message: PostponedMessage): void {
    if (!this.#messages.delete(message)) return;
    this.#size -= message.size;
    message.discard();
    if (this.isEmpty) this.#becameEmpty();
  }

  /** Takes them out one by one, in order. Those for which `queue` throws are rejected. */
  release(queue: (message: PostponedMessage) => void): void {
    for (const message of this.#messages) {
      try {
        queue(message);
      } catch (error) {
        message.waiter.reject(error);
      }
      this.remove(message);
    }
  }
}

function duplicate(descriptor: NativeDescriptor): NativeDescriptor {
  const copy = descriptor.duplicate();
  if (typeof copy === 'number') throw systemError(copy, 'fcntl', 'duplicate an object to send it');
  return copy;
}

function copy(payload: ArrayBuffer | ArrayBufferView): Buffer {
  const bytes = ArrayBuffer.isView(payload)
    ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)
    : new Uint8Array(payload);
  return Buffer.from(bytes);
}
