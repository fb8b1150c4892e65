/** A listener in one worker thread, its clients in others. Says how many answers each of the clients got. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Endpoint, Listener } from '../../dist/index.js';
import { numbered } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, clients, messages, role } = argument;

if (isMainThread) {
  const server = startAs('server');
  await once(server, 'message');
  const talking = Array.from({ length: clients }, () => once(startAs('client'), 'message'));
  for (const [count] of await Promise.all(talking)) say('answers', count);
  server.postMessage('close');
  const [code] = await once(server, 'exit');
  say('server exited', code);
} else if (role === 'server') {
  const listener = await Listener.bind(name);
  parentPort?.once('message', () => void listener.close());
  parentPort?.postMessage('listening');
  for await (const pod of listener) await pod.reply(pod.message.payload);
} else {
  const endpoint = await Endpoint.connect(name);
  const sent = sendAll(endpoint);
  let count = 0;
  while (count < messages && (await endpoint.recv()).payload.equals(numbered(count))) count += 1;
  await sent;
  await endpoint.close();
  parentPort?.postMessage(count);
}

/** @param {Endpoint} endpoint */
async function sendAll(endpoint) {
  for (let number = 0; number < messages; number += 1) await endpoint.send(numbered(number));
}

function startAs(role) {
  return new Worker(new URL(import.meta.url), { argv: [JSON.stringify({ ...argument, role })] });
}
