/** Listens on the sockets it was started with, as often as it is told to, and says how each attempt went. Answers every message with itself. */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Listener, notifySystemd } from '../../dist/index.js';
import { argument, commands, report, say } from './talk.mjs';

const { attempts, worker = [] } = isMainThread ? argument : { attempts: workerData };
const listeners = [];

for (const { name = undefined, options = undefined } of attempts) {
  await report('attempt', async () => {
    const listener = await Listener.fromActivation(name, options);
    listeners.push(listener);
    void serve(listener);
    return listener.name;
  });
}

if (isMainThread) {
  if (worker.length > 0) new Worker(new URL(import.meta.url), { workerData: worker });
  await report('notified', () => notifySystemd({ READY: 1, STATUS: 'serving' }));
  for await (const [command] of commands()) {
    if (command !== 'close') continue;
    await Promise.all(listeners.map((listener) => listener.close()));
    say('closed');
  }
}

async function serve(listener) {
  for await (const pod of listener) await pod.reply(pod.message.payload);
}
