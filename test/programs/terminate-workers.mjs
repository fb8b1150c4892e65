/** Terminates worker threads in every state of test/programs/worker-states.mjs, round after round. Says how many descriptors there are after each. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, Worker } from 'node:worker_threads';
import { openHandles } from './open-handles.mjs';
import { argument, say } from './talk.mjs';
import { states, there } from './worker-states.mjs';

if (isMainThread) await terminateAll();
else await getInto(argument.state);

async function getInto(state) {
  await states[state]();
  there();
  await sleep(60_000);
}

async function terminateAll() {
  await terminateRound();
  const before = openHandles();
  for (let round = 0; round < argument.rounds; round += 1) {
    await terminateRound();
    say('round', { before, after: await settledCount(before) });
  }
  say('states', Object.keys(states).length);
}

async function terminateRound() {
  const workers = Object.keys(states).map((state) => startIn(state));
  const all = await Promise.all(workers);
  await sleep(50);
  await Promise.all(all.map((worker) => worker.terminate()));
}

/** A worker that is in this state, or just about to be. */
async function startIn(state) {
  const worker = new Worker(new URL(import.meta.url), { argv: [JSON.stringify({ ...argument, state })] });
  await once(worker, 'message');
  return worker;
}

/** The number of descriptors, once there are no more than `expected` or it stays above. */
async function settledCount(expected) {
  const deadline = performance.now() + 5000;
  while (openHandles() > expected && performance.now() < deadline) await sleep(20);
  return openHandles();
}
