/** Sends numbered messages and leaves in the way it is told, without waiting for anything. */
import { Endpoint, Listener } from '../../dist/index.js';
import { numbered } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, role, count, way } = argument;

const ways = {
  'the end of the program': () => {},
  'process.exit()': () => process.exit(),
  'process.exit() with a code': () => process.exit(7),
  'process.exit() in a later turn': () => setImmediate(() => process.exit()),
  'unref() and the end of the program': () => channel.unref(),
};

const channel = await open();
for (let number = 0; number < count; number += 1) send(numbered(number));
say('leaving');
ways[way]();

async function open() {
  if (role === 'client') return await Endpoint.connect(name);
  if (role === 'blocking client') return Endpoint.connectSync(name);
  const listener = await Listener.bind(name);
  say('listening');
  const { value } = await listener.connections().next();
  listener.unref();
  return value;
}

function send(payload) {
  if (role === 'blocking client') channel.sendSync(payload);
  else void channel.send(payload);
}
