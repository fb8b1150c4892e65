/** Takes large messages without ever giving the event loop a turn, and says how far its memory has grown. */
import { Endpoint } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, messages } = argument;
const endpoint = Endpoint.connectSync(name);
const before = process.memoryUsage.rss();
for (let i = 0; i < messages; i++) endpoint.recvSync(10_000);
say('grown', process.memoryUsage.rss() - before);
endpoint.destroy();
