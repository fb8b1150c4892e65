/** Gets a listening handle by a message and accepts on it beside its other owners. Answers every message with its process id; stops when told. */
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const source = await Endpoint.connect(argument.name);
const { objects } = await source.recv();
const listener = await Listener.from(objects[0]);
say('serving', listener.name);
await source.close();
void stopWhenTold();
for await (const pod of listener) await pod.reply(String(process.pid));
say('stopped');

async function stopWhenTold() {
  await commands().next();
  await listener.close();
}
