/** Binds a service that clients can connect to, and never looks at them. */
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const listener = Listener.bindSync(argument.name);
say('listening', listener.name);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
