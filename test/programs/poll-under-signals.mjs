/** Polls for a while; the test interrupts it with signals. Says what came of the poll and how many signals were heard. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Events, Poller } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

let handled = 0;
process.on('SIGUSR2', () => (handled += 1));

const poller = new Poller();
say('polling');
const start = performance.now();
const count = poller.poll(new Events(), argument.timeout);
const elapsed = performance.now() - start;
await nextTurn();
await nextTurn();
poller.close();
say('done', { count, elapsed, handled });
process.exit();
