/** One end of a connection that passes files on, and reads those it gets, as it is told. */
import { closeSync, openSync, readSync } from 'node:fs';
import { Endpoint, IpcObject, Listener } from '../../dist/index.js';
import { argument, commands, report, say } from './talk.mjs';

const { role, name, file } = argument;

const roles = {
  async server() {
    const listener = await Listener.bind(name);
    say('listening');
    return (await listener.connections().next()).value;
  },
  client: () => Endpoint.connect(name),
  /** Does not wait until it is welcome. */
  'hasty client'() {
    const endpoint = Endpoint.connectSync(name);
    withObjects(1, (objects) => endpoint.sendSync('hastily', { objects }));
    say('passed');
    return endpoint;
  },
};

const channel = await roles[role]();
say('ready', process.pid);

const actions = {
  async pass({ messages = 1, objects: count = 1 }) {
    for (let i = 0; i < messages; i += 1) await withObjects(count, (objects) => channel.send(`message ${i}`, { objects }));
    return null;
  },
  async 'pass and leave'() {
    await withObjects(1, (objects) => channel.send('farewell', { objects }));
    await channel.close();
    return null;
  },
  async take() {
    const { objects } = await channel.recv();
    return objects.map(read);
  },
  send: (text) => channel.send(text),
  receive: async () => (await channel.recv()).text(),
};

for await (const [command, data] of commands()) await report(command, () => actions[command](data));

/**
 * @template T
 * @param {number} count
 * @param {(objects: IpcObject[]) => T} use
 */
function withObjects(count, use) {
  const fd = openSync(file, 'r');
  const objects = Array.from({ length: count }, () => IpcObject.from({ fd }));
  closeSync(fd);
  const used = use(objects);
  for (const object of objects) object.close();
  return used;
}

/** @param {IpcObject} object */
function read(object) {
  const bytes = Buffer.alloc(100);
  const fd = object.takeFd();
  const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0));
  closeSync(fd);
  return text;
}
