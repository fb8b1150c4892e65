/** Everything in one place; `gips/ipc` and `gips/poll` have the same by area. */
export * from './ipc/index.js';
export * from './poll/index.js';
