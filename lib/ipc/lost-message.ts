import { getSystemErrorName } from 'node:util';
import { GipsError } from '../errors.js';
import type { Kind } from '../native/index.js';
import type { Subject } from './endings.js';

const SHORTAGE = 'close descriptors or raise their limit (ulimit -n), and have it sent again';

/** What Windows adds to that: objects there are not the receiver's before it has a right to them, and the sender may leave with them. */
const ADVICE: ReadonlyMap<string, readonly [code: string, advice: string]> = new Map([
  [
    'EACCES',
    ['EACCES', 'neither process may duplicate handles of the other one; run them as the same user, or one of them with more rights'],
  ],
  ['ECONNRESET', ['ECONNRESET', 'the sender left with them; have it wait for an answer before it does']],
]);

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
    const [code, advice] = ADVICE.get(name) ?? ['EAGAIN', SHORTAGE];
    return new GipsError(`${what} lost a message: its objects could not be received (${name}); ${advice}`, {
      code,
      errno: this.#errno,
      syscall: 'recvmsg',
      address,
    });
  }

  discard(): void {
    // There is nothing of it.
  }
}
