/** Asks an echo server for a ring while system calls fail as told, and for another when they no longer do. Says how many answers were right each time. */
import { Endpoint } from '../../dist/index.js';
import './ring-news.mjs';
import { argument, say } from './talk.mjs';

const { name, faults } = argument;

for (const each of [faults, '']) {
  process.env.FAULTS = each;
  const endpoint = await Endpoint.connect(name, { ring: true });
  let answers = 0;
  for (; answers < 10; answers += 1) {
    await endpoint.send(`${answers}`);
    if ((await endpoint.recv()).text() !== `${answers}`) break;
  }
  say('answers', answers);
  await endpoint.close();
}
