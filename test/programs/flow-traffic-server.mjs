/** Checks the traffic of each client, received in the way the client asks for, and answers with the sum of it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Listener } from '../../dist/index.js';
import { TrafficCheck } from './flow-traffic.mjs';
import { argument, say } from './talk.mjs';

const CALLS_AT_ONCE = 16;

/** Each hands messages to `take`, which returns how many there were. */
const ways = {
  async 'for await'(connection, count, take) {
    for await (const message of connection) if (take(message) === count) break;
  },

  async 'recv()'(connection, count, take) {
    while (take(await connection.recv()) < count);
  },

  async 'several recv() at once'(connection, count, take) {
    for (let left = count; left > 0; left -= CALLS_AT_ONCE) {
      const calls = Array.from({ length: Math.min(left, CALLS_AT_ONCE) }, () => connection.recv());
      for (const message of await Promise.all(calls)) take(message);
    }
  },

  message: (connection, count, take) =>
    new Promise((resolve) => {
      connection.on('message', function onMessage(message) {
        if (take(message) < count) return;
        connection.off('message', onMessage);
        resolve();
      });
    }),

  async 'tryRecv()'(connection, count, take) {
    for (let taken = 0; taken < count;) {
      const message = connection.tryRecv();
      if (message === null) await nextTurn();
      else taken = take(message);
    }
  },
};

const listener = await Listener.bind(argument.name);
say('listening');
if (argument.by === 'pods') await servePods();
else for await (const connection of listener.connections()) void serve(connection);

async function serve(connection) {
  const { client, count, receive } = (await connection.recv()).json();
  const check = new TrafficCheck(client);
  await ways[receive](connection, count, (message) => check.take(message));
  await connection.send(JSON.stringify(check.result));
}

async function servePods() {
  const clients = new Map();
  for await (const pod of listener) {
    const known = clients.get(pod.connection);
    if (known === undefined) {
      const { client, count } = pod.message.json();
      clients.set(pod.connection, { count, check: new TrafficCheck(client) });
    } else if (known.check.take(pod.message) === known.count) {
      await pod.reply(JSON.stringify(known.check.result));
    }
  }
}
