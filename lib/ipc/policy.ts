import { inspect } from 'node:util';
import { GipsError, invalidArgType, invalidArgValue, outOfRange, unsupportedError } from '../errors.js';
import { native, type NativeAudience } from '../native/index.js';
import { validateFunction } from '../validate.js';
import { Credentials } from './credentials.js';

/**
 * Decides on a peer by its credentials. Only `undefined` or `true`, or a Promise of them, admits; anything else, or a throw, denies.
 * In a blocking form (`acceptSync`, `connectSync`, …) there is no waiting for a Promise: it denies.
 */
export type CredentialValidator = (credentials: Credentials) => void | boolean | Promise<void | boolean>;

interface Restrictions {
  readonly privileged: boolean;
  /** Only this user or a privileged one; `'current'` is whoever this process runs as when the policy is resolved. */
  readonly sameUser: 'current' | (string & {}) | undefined;
  readonly users: readonly string[] | undefined;
  readonly groups: readonly string[] | undefined;
  readonly validators: readonly CredentialValidator[];
  /** The service it was resolved for. */
  readonly service: string | undefined;
}

const NO_RESTRICTION: Restrictions = {
  privileged: false,
  sameUser: undefined,
  users: undefined,
  groups: undefined,
  validators: [],
  service: undefined,
};

/** 2³² - 1 means "no id" to the kernel. */
const MAX_ID = 2 ** 32 - 2;

/**
 * Who may be at the other end. Immutable: each method returns a new policy that asks for more. All parts must hold; of the allowed users and
 * of the allowed groups one each suffices, and repeated calls add to them.
 */
export class Policy {
  #restrictions = NO_RESTRICTION;

  /** The user this process runs as (when it binds or connects), or a privileged one. */
  static sameUser(): Policy {
    return new Policy().#with({ sameUser: 'current' });
  }

  /** Privileged users alone. */
  static privilegedOnly(): Policy {
    return new Policy().requirePrivileged();
  }

  /** The peer must be privileged: run as root, or on Windows as an elevated administrator or the system itself. */
  requirePrivileged(): Policy {
    return this.#with({ privileged: true });
  }

  /**
   * The peer's user must be one of these, or of those of an earlier call. An empty list admits nobody by itself.
   * @param users ids or names; a string of digits is an id. On Windows: SIDs, or names of accounts (`alice`, `DOMAIN\alice`, `SYSTEM`). A name this system does not know is an error at `bind` or `connect`.
   */
  withAllowedUid(users: readonly (string | number)[]): Policy {
    return this.#with({ users: [...(this.#restrictions.users ?? []), ...validatePrincipals(users, 'users')] });
  }

  /**
   * One of the peer's groups, supplementary ones included, must be one of these, or of those of an earlier call. An empty list admits nobody by itself.
   * @param groups ids or names; a string of digits is an id. On Windows: SIDs, or names (`Administrators`, `DOMAIN\staff`). A name this system does not know is an error at `bind` or `connect`.
   */
  withAllowedGroup(groups: readonly (string | number)[]): Policy {
    return this.#with({ groups: [...(this.#restrictions.groups ?? []), ...validatePrincipals(groups, 'groups')] });
  }

  /** `validator` must admit the peer. It is asked last, after the validators of earlier calls. */
  withCredentialValidator(validator: CredentialValidator): Policy {
    validateFunction(validator, 'validator');
    return this.#with({ validators: [...this.#restrictions.validators, validator] });
  }

  /** Whether it admits everybody. */
  get isUnrestricted(): boolean {
    const { privileged, sameUser, users, groups, validators } = this.#restrictions;
    return !privileged && sameUser === undefined && users === undefined && groups === undefined && validators.length === 0;
  }

  /**
   * Whether a check may run user code, and so take its time.
   * @internal
   */
  get hasValidator(): boolean {
    return this.#restrictions.validators.length > 0;
  }

  /**
   * What it was resolved for.
   * @internal
   */
  get service(): string | undefined {
    return this.#restrictions.service;
  }

  /**
   * Whom a resolved policy may admit at all; `null` for everybody. All parts must hold, so the one that lets the fewest in says it.
   * @internal
   */
  get audience(): NativeAudience | null {
    const { privileged, sameUser, users, groups } = this.#restrictions;
    const nobody = { users: [], groups: [], privileged: false };
    if (privileged) return { ...nobody, privileged };
    if (users !== undefined) return { ...nobody, users };
    if (sameUser !== undefined) return { ...nobody, users: [sameUser], privileged: true };
    return groups === undefined ? null : { ...nobody, groups };
  }

  /**
   * The same policy with its names looked up and the current user settled, for the use of `service`.
   * @throws TypeError `ERR_INVALID_ARG_VALUE` for a name this system does not know
   * @internal
   */
  resolve(service?: string): Policy {
    const { sameUser, users, groups } = this.#restrictions;
    return this.#with({
      sameUser: sameUser === 'current' ? Credentials.currentProcess().uid : sameUser,
      users: users?.map((user) => resolvePrincipal(user, 'users', 'user', (name) => native.userId(name))),
      groups: groups?.map((group) => resolvePrincipal(group, 'groups', 'group', (name) => native.groupId(name))),
      service,
    });
  }

  /**
   * Resolves if the policy admits a process with these credentials.
   * @throws GipsError `EACCES` if it does not, with a validator's own error as its `cause`
   */
  async check(credentials: Credentials): Promise<void> {
    this.#checkIdentity(credentials);
    for (const validator of this.#restrictions.validators) {
      let verdict: unknown;
      try {
        verdict = await validator(credentials);
      } catch (error) {
        throw this.#failure(credentials, error);
      }
      this.#checkVerdict(credentials, verdict);
    }
  }

  /** As `check`, at once: a validator that returns a Promise denies (`cause`: `ERR_GIPS_UNSUPPORTED`). */
  checkSync(credentials: Credentials): void {
    this.#checkIdentity(credentials);
    for (const validator of this.#restrictions.validators) {
      let verdict: unknown;
      try {
        verdict = validator(credentials);
        if (isThenable(verdict)) {
          // Nobody will wait for it: its rejection must not become an unhandled one.
          Promise.resolve(verdict).catch(() => undefined);
          throw unsupportedError('a blocking call cannot wait for the Promise of a credential validator; use the asynchronous form');
        }
      } catch (error) {
        throw this.#failure(credentials, error);
      }
      this.#checkVerdict(credentials, verdict);
    }
  }

  #with(change: Partial<Restrictions>): Policy {
    const policy = new Policy();
    policy.#restrictions = { ...this.#restrictions, ...change };
    return policy;
  }

  #checkIdentity(credentials: Credentials): void {
    if (!(credentials instanceof Credentials)) throw invalidArgType('credentials', 'an instance of Credentials', credentials);
    const { privileged, sameUser, users, groups } = this.resolve().#restrictions;
    const { uid, gids, isPrivileged } = credentials;
    if (privileged && !isPrivileged) {
      throw this.#refusal(credentials, 'it is not privileged');
    }
    if (sameUser !== undefined && !isPrivileged && uid !== sameUser) {
      throw this.#refusal(credentials, `it is neither of user ${sameUser} nor privileged`);
    }
    if (users !== undefined && !users.includes(uid)) {
      throw this.#refusal(credentials, `its user is none of those allowed (${users.join(', ')})`);
    }
    if (groups !== undefined && !groups.some((group) => gids.includes(group))) {
      throw this.#refusal(credentials, `none of its groups (${gids.join(', ')}) is one of those allowed (${groups.join(', ')})`);
    }
  }

  #checkVerdict(credentials: Credentials, verdict: unknown): void {
    if (verdict === undefined || verdict === true) return;
    throw this.#refusal(credentials, `a credential validator returned ${inspect(verdict, { depth: 0 })}`);
  }

  #failure(credentials: Credentials, error: unknown): GipsError {
    const text = error instanceof Error ? error.message : inspect(error, { depth: 0 });
    return this.#refusal(credentials, `a credential validator failed (${text})`, error);
  }

  #refusal({ pid, uid }: Credentials, why: string, cause?: unknown): GipsError {
    const { service } = this.#restrictions;
    const whose = service === undefined ? 'the policy' : `the policy for service "${service}"`;
    const message = `${whose} refuses process ${pid} of user ${uid}: ${why}; run it as somebody it admits, or change the policy`;
    return new GipsError(message, { code: 'EACCES', address: service, cause });
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function validatePrincipals(list: unknown, name: string): string[] {
  if (!Array.isArray(list)) throw invalidArgType(name, 'an array of ids and names', list);
  return list.map((principal: unknown, index) => validatePrincipal(principal, `${name}[${index}]`));
}

function validatePrincipal(value: unknown, name: string): string {
  if (typeof value !== 'number' && typeof value !== 'string') throw invalidArgType(name, 'an id or a name', value);
  if (typeof value === 'string' && !/^\d+$/.test(value)) {
    if (value === '' || value.includes('\0')) throw invalidArgValue(name, value, 'must not be empty or contain a NUL');
    return value;
  }
  const id = Number(value);
  if (!Number.isInteger(id) || id < 0 || id > MAX_ID) throw outOfRange(name, `an integer from 0 to ${MAX_ID}`, value);
  return String(id);
}

function resolvePrincipal(principal: string, argument: string, kind: string, lookUp: (name: string) => string | undefined): string {
  const id = lookUp(principal);
  if (id === undefined) throw invalidArgValue(argument, principal, `must name a ${kind} of this system`);
  return String(id);
}
