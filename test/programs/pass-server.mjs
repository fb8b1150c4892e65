/** Serves stream connections until it is told to pass its server on to another process, and ends. */
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import net from 'node:net';
import { Endpoint, IpcObject } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const endpoint = await Endpoint.connect(argument.to);
const { path } = argument.target;
// A server removes the file it was bound to when it closes: so that it does not remove that of its successor, it is bound to another name.
const server = net.createServer((socket) => socket.end(`welcome to ${process.pid}`));
server.listen(path === undefined ? argument.target : { path: `${path}.new` });
await once(server, 'listening');
if (path !== undefined) renameSync(`${path}.new`, path);
say('listening', path ?? server.address());
const { done } = await commands().next();
if (!done) {
  const object = IpcObject.from(server);
  await endpoint.send('accept', { objects: [object] });
  object.close();
  await endpoint.recv();
  // Both accept now.
  server.close();
}
await once(server, 'close');
await endpoint.close();
process.stdin.destroy();
