/** What is passed from process to process instead of being copied. */
import { types } from 'node:util';
import { GipsError } from '../errors.js';
import { IpcObject } from '../ipc/ipc-object.js';
import { Shm } from '../shm/shm.js';

export type Passed = IpcObject | Shm;

/** What the receiver makes of an object. */
const PassedKind = { OBJECT: 0, SHM: 1 } as const;

export function isPassed(value: unknown): value is Passed {
  return value instanceof IpcObject || value instanceof Shm;
}

export function kindOf(passed: Passed): number {
  return passed instanceof Shm ? PassedKind.SHM : PassedKind.OBJECT;
}

/** Consumes the object, or throws. */
export function revive(object: IpcObject, kind: number): Passed {
  if (kind === PassedKind.OBJECT) return object;
  if (kind === PassedKind.SHM) return Shm.from(object);
  throw new GipsError(`there is no object of kind ${kind}`, { code: 'EBADMSG' });
}

/** The same kernel object, whatever becomes of the one it is a duplicate of. */
export function duplicate(passed: Passed): IpcObject {
  return passed instanceof Shm ? passed.toObject() : IpcObject.from(passed);
}

/**
 * Whether a value, which may be cyclic, has objects in it.
 * @param isOpaque of something in it that cannot be looked through, and so may have some
 */
export function mayHoldPassed(value: unknown, isOpaque: (container: object) => boolean = () => false): boolean {
  if (!isContainer(value)) return false;
  const containers = new Set([value]);
  // The iteration comes to those that are added meanwhile.
  for (const container of containers) {
    if (isPassed(container) || isOpaque(container)) return true;
    for (const child of childrenOf(container)) if (isContainer(child)) containers.add(child);
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

function childrenOf(container: object): Iterable<unknown> {
  if (types.isMap(container)) return [...container.keys(), ...container.values()];
  return types.isSet(container) ? container : (Object.values(container) as unknown[]);
}
