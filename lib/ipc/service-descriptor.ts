import { invalidArgType } from '../errors.js';
import { validateName } from './names.js';
import { Policy, type CredentialValidator } from './policy.js';

/**
 * A service: its name, and who may use it. Immutable: each method returns a new descriptor. The first method to restrict it replaces the default
 * policy, `Policy.sameUser()`; the following ones add to the policy.
 */
export class ServiceDescriptor {
  /** The name, as it was given. */
  readonly name: string;

  #policy: Policy | undefined = undefined;

  /** @param name 1 to 100 bytes without a NUL; one that starts with `/` is a socket file */
  constructor(name: string) {
    this.name = validateName(name);
    Object.freeze(this);
  }

  /**
   * The descriptor for what `bind` and `connect` take.
   * @internal
   */
  static from(service: string | ServiceDescriptor): ServiceDescriptor {
    if (service instanceof ServiceDescriptor) return service;
    if (typeof service !== 'string') throw invalidArgType('service', 'of type string or an instance of ServiceDescriptor', service);
    return new ServiceDescriptor(service);
  }

  /** `undefined` stands for the default, `Policy.sameUser()`. */
  get policy(): Policy | undefined {
    return this.#policy;
  }

  /** Replaces the policy. */
  withPolicy(policy: Policy): ServiceDescriptor {
    if (!(policy instanceof Policy)) throw invalidArgType('policy', 'an instance of Policy', policy);
    const descriptor = new ServiceDescriptor(this.name);
    descriptor.#policy = policy;
    return descriptor;
  }

  /** See `Policy.requirePrivileged`. */
  requirePrivileged(): ServiceDescriptor {
    return this.withPolicy(this.#basis.requirePrivileged());
  }

  /** See `Policy.withAllowedUid`. */
  withAllowedUid(users: readonly (string | number)[]): ServiceDescriptor {
    return this.withPolicy(this.#basis.withAllowedUid(users));
  }

  /** See `Policy.withAllowedGroup`. */
  withAllowedGroup(groups: readonly (string | number)[]): ServiceDescriptor {
    return this.withPolicy(this.#basis.withAllowedGroup(groups));
  }

  /** See `Policy.withCredentialValidator`. */
  withCredentialValidator(validator: CredentialValidator): ServiceDescriptor {
    return this.withPolicy(this.#basis.withCredentialValidator(validator));
  }

  /** What a builder method adds to. */
  get #basis(): Policy {
    return this.#policy ?? new Policy();
  }
}
