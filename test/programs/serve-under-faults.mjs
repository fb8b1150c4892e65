/** An echo server whose system calls fail as the test tells meanwhile. Reports its errors; ends with its input. */
import { Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
listener.on('error', ({ code, syscall, address }) => say('error', { code, syscall, address }));
void serve();
for await (const [, faults] of commands()) {
  process.env.FAULTS = faults;
  say('told');
}
await listener.close();
say('closed');

async function serve() {
  for await (const pod of listener) await pod.reply(pod.message.payload);
}
