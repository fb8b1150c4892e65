/** Tries with no descriptor left what needs one, and again when there are some. Says what came of each. */
import { Endpoint, IpcObject, Listener } from '../../dist/index.js';
import { exhaust, free } from './descriptors.mjs';
import { argument, commands, report, say } from './talk.mjs';

const endpoint = await Endpoint.connect(argument.name);
const object = IpcObject.from({ fd: 0 });
const attempts = {
  send: () => endpoint.send('send', { objects: [object] }),
  sendSync: () => endpoint.sendSync('sendSync', { objects: [object] }),
  trySend: () => void endpoint.trySend('trySend', { objects: [object, object] }),
  from: () => IpcObject.from({ fd: 0 }).close(),
  connect: async () => (await Endpoint.connect(argument.name)).close(),
  connectSync: () => Endpoint.connectSync(argument.name).destroy(),
  bind: async () => (await Listener.bind(argument.otherName)).close(),
  bindSync: () => void Listener.bindSync(argument.otherName).close(),
};
say('connected');
for await (const [command] of commands()) {
  if (command === 'exhaust') exhaust();
  if (command === 'free') free(Infinity);
  await endpoint.send('between');
  for (const [name, attempt] of Object.entries(attempts)) await report(name, attempt);
}
object.close();
await endpoint.close();
