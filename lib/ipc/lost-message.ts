import { getSystemErrorName } from 'node:util';
import { GipsError } from '../errors.js';
import type { Kind } from '../native/index.js';
import type { Subject } from './endings.js';

/**
 * What stands in the place of a message whose objects could not be received. It counts in flow control as the message would have: the sender of such messages
 * has to wait like any other until somebody has taken them.
 */
export class LostMessage {
  readonly kind: Kind;
  readonly correlation: number;
  readonly cost: number;
  readonly #receiver: Subject;
  readonly #errno: number;

  constructor(receiver: Subject, errno: number, cost: number, kind: Kind, correlation: number) {
    this.kind = kind;
    this.correlation = correlation;
    this.#receiver = receiver;
    this.#errno = errno;
    this.cost = cost;
  }

  /** What its receiver is told. */
  error(): GipsError {
    const { what, address } = this.#receiver;
    const name = getSystemErrorName(this.#errno);
    return new GipsError(
      `${what} lost a message: its objects could not be received (${name}); close descriptors or raise their limit (ulimit -n), and have it sent again`,
      { code: 'EAGAIN', errno: this.#errno, syscall: 'recvmsg', address },
    );
  }

  discard(): void {
    // There is nothing of it.
  }
}
