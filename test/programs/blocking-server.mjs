/** Two services of one blocking process, until a client says "stop". */
import { Events, Interest, Listener, Poller } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const poller = new Poller();
const events = new Events();
/** @type {Map<number, { listener: Listener, convert: (text: string) => string }>} */
const services = new Map();
add(argument.upper, (text) => text.toUpperCase());
add(argument.lower, (text) => text.toLowerCase());
say('listening');

let isStopped = false;
while (!isStopped) {
  poller.poll(events);
  for (const { token } of events) {
    const service = services.get(token);
    if (service !== undefined) serve(service);
  }
}
poller.close();
for (const { listener } of services.values()) await listener.close();

/**
 * @param {string} name
 * @param {(text: string) => string} convert
 */
function add(name, convert) {
  const listener = Listener.bindSync(name);
  services.set(poller.register(listener, Interest.READABLE), { listener, convert });
}

/** @param {{ listener: Listener, convert: (text: string) => string }} service */
function serve({ listener, convert }) {
  for (let pod = listener.tryAccept(); pod !== null; pod = listener.tryAccept()) {
    const text = pod.message.text();
    if (text === 'stop') isStopped = true;
    else pod.connection.trySend(convert(text));
  }
}
