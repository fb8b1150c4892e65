/** An echo server whose system calls fail as told once it is bound, until the test says 'recover'. Reports its errors; ends with its input. */
import { Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const { name, faults } = argument;
const listener = await Listener.bind(name);
listener.on('error', ({ code, syscall, address }) => say('error', { code, syscall, address }));
process.env.FAULTS = faults;
say('serving');
void serve();
for await (const [command] of commands()) if (command === 'recover') process.env.FAULTS = '';
await listener.close();
say('closed');

async function serve() {
  for await (const pod of listener) await pod.reply(pod.message.payload);
}
