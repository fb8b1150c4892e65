/** Two worker threads bind the same name, one after the other. Says what came of it, and again after the first one has ended. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

if (isMainThread) {
  const first = await startRival('first');
  const second = await startRival('second');
  await first.terminate();
  const third = await startRival('third');
  await second.terminate();
  await third.terminate();
} else {
  const outcome = await Listener.bind(argument.name).then(
    () => 'bound',
    (error) => error.code,
  );
  parentPort?.postMessage(outcome);
  setInterval(() => {}, 1000);
}

async function startRival(which) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  const [outcome] = await once(worker, 'message');
  say(which, outcome);
  return worker;
}
