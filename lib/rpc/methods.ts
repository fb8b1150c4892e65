/** Which methods can be called from the other side. */
import { invalidArgValue } from '../errors.js';
import { validateObject } from '../validate.js';

export type Method = (...args: unknown[]) => unknown;

/** What the language calls by itself is nothing to send to another process: `await proxy` looks for `then`, `JSON.stringify` for `toJSON`, string templates for `toString`. */
export function isNeverRemote(name: string): boolean {
  return name === 'then' || name === 'toJSON' || name in Object.prototype;
}

/** The own enumerable functions of an object, at this time. What it inherits was not written down to be called by others. */
export function methodsOf(value: unknown): ReadonlyMap<string, Method> {
  const methods = new Map<string, Method>();
  for (const [name, method] of Object.entries(validateObject(value, 'methods'))) {
    if (typeof method !== 'function') continue;
    if (isNeverRemote(name)) throw invalidArgValue('methods', name, 'must not have a method that is never remote');
    methods.set(name, method as Method);
  }
  if (methods.size === 0) throw invalidArgValue('methods', value, 'must have functions of its own: those of its class are not exposed');
  return methods;
}
