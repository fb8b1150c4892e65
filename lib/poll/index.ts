/** `gips/poll`: blocking, event-driven use without the event loop. */

export { Events, Interest, Token, type PollEvent } from './events.js';
export { FdSource } from './fd-source.js';
export { Poller } from './poller.js';
export type { Source } from './source.js';
export { Waker } from './waker.js';
