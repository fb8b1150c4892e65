/** Shared memory: regions that several processes see at once. */
export { GipsError } from '../errors.js';
export type { Header } from './header.js';
export { Shm, type ShmSize, type TypedArrayConstructor } from './shm.js';
