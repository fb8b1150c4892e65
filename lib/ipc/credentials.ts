import { native, type NativeCredentials } from '../native/index.js';

/**
 * Who a process is: what the kernel said of it when the connection was made, never what it says of itself.
 */
export class Credentials {
  /** The process id at connect time. The number may be reused once that process has exited. */
  readonly pid: number;

  /**
   * The effective user id, in decimal. On Windows: the user's SID; that of nobody, `S-1-0-0`, for a sandbox that has its user only to be denied things, and `S-1-5-7` for a client
   * that lets nobody know who it is.
   */
  readonly uid: string;

  /** The primary group's id first, then the supplementary ones'. On Windows: the SIDs of the groups that are enabled and would let it in somewhere. */
  readonly gids: readonly string[];

  /** Whether the effective user is root. On Windows: whether it is the system itself, or an administrator's elevated process that is held back by nothing. */
  readonly isPrivileged: boolean;

  #userName: string | undefined;
  #isNameKnown = false;

  private constructor({ pid, uid, gids, isPrivileged }: NativeCredentials) {
    this.pid = pid;
    this.uid = uid;
    this.gids = Object.freeze([...gids]);
    this.isPrivileged = isPrivileged;
    Object.freeze(this);
  }

  /** @internal */
  static from(credentials: NativeCredentials): Credentials {
    return new Credentials(credentials);
  }

  /** Those of this process, as they are now. */
  static currentProcess(): Credentials {
    return new Credentials(native.currentCredentials());
  }

  /** The user's name, or `undefined` if the system knows none. The first read looks it up, which may block (a directory service). */
  get userName(): string | undefined {
    if (!this.#isNameKnown) {
      this.#userName = native.userName(this.uid);
      this.#isNameKnown = true;
    }
    return this.#userName;
  }
}
