/** Sends in a loop of `await send()` for a while, and counts what else gets its turn. */
import { Endpoint } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, size, ms, interval } = argument;
const heard = { timers: 0, signals: 0, messages: 0 };

const endpoint = await Endpoint.connect(name);
process.on('SIGUSR2', () => {
  heard.signals += 1;
  say('signal');
});
setInterval(() => (heard.timers += 1), interval);
// What others say is heard too; this one is told of every message it sends.
endpoint.on('message', () => (heard.messages += 1));
say('sending');

const payload = Buffer.alloc(size);
let sent = 0;
for (const end = performance.now() + ms; performance.now() < end; sent += 1) await endpoint.send(payload);
say('heard', { ...heard, sent });
await endpoint.close();
process.exit();
