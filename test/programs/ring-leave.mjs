/** Has a channel with a ring, ends up in the situation it is told, and leaves it to Node whether this process ends. Says when the ring is open. */
import { once } from 'node:events';
import { Endpoint, Listener } from '../../dist/index.js';
import { numbered } from './numbered.mjs';
import { atOpening } from './ring-opening.mjs';
import { argument, say } from './talk.mjs';

const { name, situation, count } = argument;

const situations = {
  'an idle channel': () => {},
  'a channel without reference on which something is awaited': () => void channel.unref().recv(),
  'a closed channel': () => channel.close(),
  'a destroyed channel': () => channel.destroy(),
  'messages that were sent': sendAll,
  'messages that were sent, and close() that nobody awaits': () => {
    sendAll();
    void channel.close();
  },
  'messages that were sent, and process.exit()': () => {
    sendAll();
    process.exit();
  },
};

/** @type {Listener | undefined} */
let listener;
const opening = atOpening();
const channel = argument.role === 'server' ? await firstClient() : await Endpoint.connect(name, { ring: true });
await opening;
say('open');
await situations[situation]();
listener?.unref();

async function firstClient() {
  listener = await Listener.bind(name);
  say('listening');
  const [connection] = await once(listener, 'connection');
  return connection;
}

function sendAll() {
  for (let number = 0; number < count; number += 1) void channel.send(numbered(number));
}
