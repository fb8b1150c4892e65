/** Serves one client: does with the objects it gets what the text of their message says, white space aside. */
import { once } from 'node:events';
import { openSync, closeSync, readSync, writeSync } from 'node:fs';
import { IpcObject, Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const uses = {
  write([object]) {
    writeSync(object.fd, `from ${process.pid}`);
    object.close();
  },
  read([object]) {
    const bytes = Buffer.alloc(100);
    say('read', bytes.toString('utf8', 0, readSync(object.fd, bytes)));
    object.close();
  },
  async 'go on with the connection'([object]) {
    const socket = object.toSocket();
    socket.write(`${process.pid} goes on`);
    const [chunk] = await once(socket, 'data');
    socket.end(`${chunk}, understood`);
  },
  async accept([object]) {
    const server = object.toServer();
    say('accepting');
    const [socket] = await once(server, 'connection');
    socket.end(`welcome to ${process.pid}`);
    server.close();
  },
  'tell the kinds'(objects) {
    say(
      'kinds',
      objects.map(({ kind }) => kind),
    );
    for (const object of objects) object.close();
  },
  async 'send one'(_, connection) {
    const fd = openSync(argument.file, 'r+');
    const object = IpcObject.from({ fd });
    closeSync(fd);
    await connection.send('here you are', { objects: [object] });
    object.close();
  },
};

const listener = await Listener.bind(argument.name);
say('listening', argument.name);
const { value: connection } = await listener.connections().next();
for await (const message of connection) {
  await uses[message.text().trim()](message.objects, connection);
  say('done');
}
await listener.close();
