/** Runs another of these programs in a worker thread. Says how that has ended. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { argument, say } from './talk.mjs';

const worker = new Worker(new URL(`${argument.program}.mjs`, import.meta.url), { argv: [JSON.stringify(argument.argument)] });
const [code] = await once(worker, 'exit');
say('worker exited', code);
