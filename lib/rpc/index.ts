/** Typed calls: the methods of an object, called from another process. */
export { currentCall, type CallContext } from './call-context.js';
export type { Codec } from './codec.js';
export { codecs } from './codecs.js';
export { expose, type ExposeOptions } from './expose.js';
export { proxy, type ProxyOptions } from './proxy.js';
export type { Methods, Remote, StreamName } from './types.js';
