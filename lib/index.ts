/** Everything in one place; `gips/ipc`, `gips/poll` and `gips/shm` have the same by area, but for typed calls. */
export * from './ipc/index.js';
export * from './poll/index.js';
export * from './rpc/index.js';
export * from './shm/index.js';
