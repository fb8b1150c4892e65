/** Shared memory: regions that several processes see at once. */
export { GipsError } from '../errors.js';
export type { CallOptions } from '../validate.js';
export type { Header } from './header.js';
export { ShmMutex, type ShmLock } from './mutex.js';
export { Shm, type ShmSize, type TypedArrayConstructor, type WaitResult } from './shm.js';
