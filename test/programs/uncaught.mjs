/** Both ends of a connection, whose subscribers fail or are missing. Says what they saw, and which errors nobody caught. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const seen = [];
const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.code ?? error.message));

const scenes = {
  'a message subscriber throws': async (endpoint, connection) => {
    endpoint.on('message', (message) => {
      seen.push(message.text());
      if (seen.length === 2) throw new Error('subscriber failed');
    });
    for (const text of ['a', 'b', 'c']) await connection.send(text);
  },
  'a connection subscriber throws': async (endpoint, connection, listener) => {
    listener.once('connection', () => {
      throw new Error('subscriber failed');
    });
    const second = await Endpoint.connect(listener.name);
    await second.send('served all the same');
    const { value } = await listener.connections().next();
    seen.push((await value.recv()).text());
    await second.close();
  },
  'the peer vanishes from message subscribers': (endpoint, connection) => {
    endpoint.on('message', () => {});
    connection.destroy();
  },
  'the peer has vanished before there was a subscriber': async (endpoint, connection) => {
    connection.destroy();
    await endpoint.closed;
    endpoint.on('message', () => {});
  },
  'the peer vanishes from a pending call': async (endpoint, connection) => {
    const pending = endpoint.recv();
    connection.destroy();
    await pending.catch(({ code }) => seen.push(code));
  },
  'the peer vanishes from an idle channel': (endpoint, connection) => {
    connection.destroy();
  },
};

const listener = await Listener.bind(argument.name);
const endpoint = await Endpoint.connect(argument.name);
const { value: connection } = await listener.connections().next();
await scenes[argument.scene](endpoint, connection, listener);
await sleep(50);
await endpoint.close();
await listener.close();
say('outcome', { seen, uncaught });
