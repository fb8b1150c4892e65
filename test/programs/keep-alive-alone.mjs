/** A client, and a server in another role, who do nothing but keep alive, and look for idle clients, and so end by themselves. */
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, isServer } = argument;
const keepAlive = { interval: 20, timeout: 60_000 };
if (isServer) {
  const listener = (await Listener.bind(name, { keepAlive, idleTimeout: 60_000 })).unref();
  const connections = listener.connections();
  say('listening');
  // Keeps the process alive until the client is there.
  const timer = setInterval(() => {}, 1_000);
  await connections.next();
  clearInterval(timer);
} else {
  await Endpoint.connect(name, { keepAlive });
}
say('connected');
