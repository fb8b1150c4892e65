/**
 * Worker threads with rings. Says 'round' with what this process has of descriptors and rings after each round of terminating some amid their traffic, and what
 * becomes of a client of a terminated server.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Endpoint, Listener } from '../../dist/index.js';
import { mixed } from './mixed.mjs';
import { atOpening } from './ring-opening.mjs';
import { argument, say } from './talk.mjs';

const { name, workers, rounds } = argument;

const roles = {
  /** Talks to the echo server until it is terminated. */
  async client() {
    const opening = atOpening();
    const endpoint = await Endpoint.connect(name, { ring: { size: 65_536 } });
    await opening;
    parentPort?.postMessage('talking');
    await talk(endpoint);
  },
  async server() {
    const listener = await Listener.bind(argument.own);
    parentPort?.postMessage('listening');
    for await (const pod of listener) void pod.reply(pod.message.payload);
  },
};

if (isMainThread) await terminateAll();
else await roles[argument.role]();

async function terminateAll() {
  for (let round = 0; round < rounds; round += 1) {
    const all = await Promise.all(Array.from({ length: workers }, () => startAs('client', 'talking')));
    await Promise.all(all.map((worker) => worker.terminate()));
    say('round', await settledHoldings());
  }
  say('client of a terminated server', await outliveServer());
  say('end', await settledHoldings());
}

/** How it ends for a client of this thread. */
async function outliveServer() {
  const server = await startAs('server', 'listening');
  const opening = atOpening();
  const endpoint = await Endpoint.connect(argument.own, { ring: true });
  await opening;
  const talking = talk(endpoint).catch((error) => error.code);
  await sleep(20);
  await server.terminate();
  const code = await talking;
  endpoint.destroy();
  return code;
}

/** Sends and receives at the same time until the end. @param {Endpoint} endpoint */
async function talk(endpoint) {
  const send = async () => {
    for (let number = 0; ; number += 1) await endpoint.send(mixed(number).payload);
  };
  const receive = async () => {
    for (;;) await endpoint.recv();
  };
  await Promise.all([send(), receive()]);
}

async function startAs(role, word) {
  const worker = new Worker(new URL(import.meta.url), { argv: [JSON.stringify({ ...argument, role })] });
  const [said] = await once(worker, 'message');
  if (said !== word) throw new Error(`the ${role} said ${said}`);
  return worker;
}

/** What is left once the threads have gone: no rings, or as many as there are after a while. */
async function settledHoldings() {
  const deadline = performance.now() + 5000;
  for (;;) {
    const rings = readFileSync('/proc/self/maps', 'latin1').split('/memfd:gips-ring').length - 1;
    if (rings === 0 || performance.now() > deadline) return { rings, descriptors: readdirSync('/proc/self/fd').length };
    await sleep(20);
  }
}
