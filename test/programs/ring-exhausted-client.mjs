/**
 * Connects with so many descriptors to spare, asks for a ring and talks to an echo server. With `exhausts` it has none left once it is connected. Says how many
 * answers were right, and what is told of its ring.
 */
import { Endpoint } from '../../dist/index.js';
import { exhaust, free } from './descriptors.mjs';
import './ring-news.mjs';
import { argument, say } from './talk.mjs';

const { name, spare, exhausts } = argument;

exhaust();
free(spare);
const endpoint = await Endpoint.connect(name, { ring: true });
if (exhausts) exhaust();
let answers = 0;
for (; answers < 10; answers += 1) {
  await endpoint.send(`${answers}`);
  if ((await endpoint.recv()).text() !== `${answers}`) break;
}
say('answers', answers);
free(Infinity);
await endpoint.close();
