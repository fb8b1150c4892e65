/** Takes one stream connection, and passes it on to a service: at the moment and in the way that it was started for. */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, IpcObject } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { to, target, way, enough } = argument;
let text = '';

/** @type {Record<string, (socket: net.Socket) => Promise<IpcObject>>} */
const ways = {
  /** From within the event that brings the bytes. */
  'in its "data" event': (socket) =>
    new Promise((resolve) => {
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.length >= enough) resolve(IpcObject.from(socket));
      });
    }),

  /** Some time after such an event. */
  'between two events': async (socket) => {
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    while (text.length < enough) await sleep(1);
    return IpcObject.from(socket);
  },

  /** It has never been read from. */
  'that is accepted with pauseOnConnect': async (socket) => {
    await sleep(20);
    return IpcObject.from(socket);
  },

  /** Pausing a stream does not keep the socket from being read. */
  'that is paused, after what had been read was taken from it': async (socket) => {
    await once(socket, 'readable');
    try {
      IpcObject.from(socket);
    } catch (error) {
      say('refused', error.code);
    }
    text = socket.read().toString('latin1');
    return IpcObject.from(socket);
  },
};

const endpoint = await Endpoint.connect(to);
const server = net.createServer({ pauseOnConnect: way.includes('pauseOnConnect') }).listen(target);
await once(server, 'listening');
say('listening', server.address());
const [socket] = await once(server, 'connection');
const object = await ways[way](socket);
await endpoint.send('carry on', { objects: [object] });
object.close();
// Whatever comes now is not for this process any more.
await sleep(20);
say('read', text);
socket.destroy();
server.close();
await endpoint.close();
