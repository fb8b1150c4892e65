/** Binds a socket file again and again while another thread looks at it without a pause. Says which modes were seen, and how often. */
import { lstatSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { argument, say } from './talk.mjs';

if (isMainThread) await bindAgainAndAgain();
else look();

async function bindAgainAndAgain() {
  const { Listener } = await import('../../dist/index.js');
  process.umask(0);
  const isOver = new Int32Array(new SharedArrayBuffer(4));
  const watcher = new Worker(new URL(import.meta.url), { workerData: { path: argument.name, isOver } });
  await new Promise((resolve) => watcher.once('message', resolve));
  const seen = new Promise((resolve) => watcher.once('message', resolve));
  for (let round = 0; round < argument.rounds; round += 1) {
    const listener = Listener.bindSync(argument.name);
    await listener.close();
  }
  Atomics.store(isOver, 0, 1);
  say('seen', await seen);
}

function look() {
  const { path, isOver } = workerData;
  /** @type {Record<string, number>} */
  const modes = {};
  parentPort.postMessage('ready');
  while (Atomics.load(isOver, 0) === 0) {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) continue;
    const mode = (status.mode & 0o7777).toString(8);
    modes[mode] = (modes[mode] ?? 0) + 1;
  }
  parentPort.postMessage(modes);
}
