/** Binds a service as the user and with the mask it is told, says how that went, and leaves in the way it is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, becomeUser, commands, report } from './talk.mjs';

const { name, umask = 0o022, waits = false } = argument;
becomeUser();
process.umask(umask);
/** @type {Listener} */
let listener;
if (waits) await commands().next();
await report('bound', async () => {
  listener = await Listener.bind(name);
});

const ways = {
  close: () => listener.close(),
  dispose: () => listener[Symbol.asyncDispose](),
  exit: () => process.exit(),
  throw: () => setImmediate(() => process.exit(3)),
  async end() {
    // A client that is still there does not keep it.
    const endpoint = await Endpoint.connect(name);
    endpoint.unref();
    listener.unref();
    await sleep(1);
  },
};
for await (const [how] of commands()) {
  await ways[how]();
  break;
}
