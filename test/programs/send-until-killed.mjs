/**
 * One end of a channel that sends numbered messages, tells now and then how many the system has, and reads nothing. It ends up in a message of many
 * fragments, or blocked for ever, so that it has to be killed.
 */
import { Endpoint, Listener } from '../../dist/index.js';
import { numbered } from './numbered.mjs';
import { argument, say } from './talk.mjs';

const { name, role, count, lastSize } = argument;
const channel = role === 'client' ? await Endpoint.connect(name) : await firstClient();
for (let number = 0; number < count; number += 1) {
  await channel.send(numbered(number));
  if (number % 50 !== 49) continue;
  await channel.flush();
  say('sent', number + 1);
}
await channel.flush();
say('done');
if (lastSize > 0) {
  void channel.send(Buffer.alloc(lastSize));
  say('amid');
} else {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

async function firstClient() {
  const listener = await Listener.bind(name);
  say('listening');
  const { value } = await listener.connections().next();
  return value;
}
