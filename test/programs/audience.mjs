/** Clients that hear what is broadcast to them. */
import { Endpoint } from '../../dist/index.js';
import './ring-news.mjs';
import { argument, commands, say } from './talk.mjs';

const { name, count, options } = argument;

const clients = await Promise.all(
  Array.from({ length: count }, async () => ({ endpoint: await Endpoint.connect(name, options), heard: /** @type {string[]} */ ([]) })),
);
for (const client of clients) void listen(client);
say('connected');

/** @type {Set<() => void>} */
const checks = new Set();
for await (const [command, data] of commands()) if (command === 'report') report(data);

/** Says what each client has heard, once the last thing was `last`. */
function report(last) {
  const check = () => {
    if (!clients.every(({ heard }) => heard.at(-1) === last)) return;
    checks.delete(check);
    say(
      'heard',
      clients.map(({ heard }) => heard),
    );
  };
  checks.add(check);
  check();
}

/** @param {typeof clients[number]} client */
async function listen({ endpoint, heard }) {
  try {
    for await (const message of endpoint) {
      heard.push(message.text().trim());
      for (const check of checks) check();
    }
    say('ended', null);
  } catch ({ code }) {
    say('ended', code);
  }
}
