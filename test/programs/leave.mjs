/** Sends numbered messages and leaves in the way it is told, without waiting for anything. Says how many messages were accepted. */
import { Endpoint, Listener } from '../../dist/index.js';
import { numbered } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, role, count, way, size, inSubscriber = false } = argument;

const roles = {
  client: () => Endpoint.connect(name),
  'blocking client': () => Endpoint.connectSync(name),
  'client that only tries': () => Endpoint.connectSync(name),
  server: () => firstClient(),
  // What is not the OS's yet can be taken back.
  'server that fills the socket': () => firstClient({ highWaterMark: 1 }),
};

const sends = {
  client: (payload) => void channel.send(payload),
  'blocking client': (payload) => channel.sendSync(payload),
  'client that only tries': (payload) => channel.trySend(payload),
  // False once the OS does not take one more; that one is taken back.
  'server that fills the socket': (payload) => {
    const taking = new AbortController();
    channel.send(payload, { signal: taking.signal }).catch(() => {});
    if (channel.bufferedAmount > 0) taking.abort();
    return !taking.signal.aborted;
  },
  server: (payload) => void channel.send(payload),
};

const ways = {
  'the end of the program': () => {},
  'unref() and the end of the program': () => channel.unref(),
  'close() that nobody awaits': () => void (listener ?? channel).close(),
  'process.exit()': () => process.exit(),
  'process.exit() with a code': () => process.exit(7),
  'process.exit() in a later turn': () => setImmediate(() => process.exit()),
};

/** @type {Listener | undefined} */
let listener;
const channel = await roles[role]();
if (inSubscriber) channel.once('message', leave);
else leave();

async function firstClient(options) {
  listener = await Listener.bind(name, options);
  say('listening');
  const { value } = await listener.connections().next();
  listener.unref();
  return value;
}

function leave() {
  let number = 0;
  while (number < count && sends[role](numbered(number, size)) !== false) number += 1;
  say('leaving', number);
  ways[way]();
}
