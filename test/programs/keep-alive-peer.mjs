/** One end of a channel that answers every message with itself, is busy when it is told to, and takes nothing when it is told to. */
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const { name, role, options, takes = true } = argument;

const channel = role === 'server' ? await firstClient() : await Endpoint.connect(name, options);
say('connected');
void channel.closed.then((error) => say('ended', error === undefined ? null : { code: error.code, message: error.message }));
if (takes) void echo();
for await (const [command, data] of commands()) {
  if (command !== 'block') continue;
  say('blocking');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, data);
}

async function echo() {
  try {
    for await (const message of channel) await channel.send(message.payload);
  } catch {
    // Its end is told above.
  }
}

async function firstClient() {
  const listener = await Listener.bind(name, options);
  say('listening');
  const { value } = await listener.connections().next();
  return value;
}
