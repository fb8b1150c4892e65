/** Opens as many clients as it is told, has each of them talk when told to, and closes them. Says when each step is done. */
import { Endpoint } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const { name, count, options } = argument;
/** @type {Endpoint[]} */
let endpoints = [];

const steps = {
  async connect() {
    endpoints = await Promise.all(Array.from({ length: count }, () => Endpoint.connect(name, options)));
  },
  async echo(round) {
    await Promise.all(endpoints.map((endpoint, index) => echo(endpoint, `client ${index} of ${process.pid}, round ${round}`)));
  },
  async close() {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  },
};

for await (const [step, data] of commands()) {
  await steps[step](data);
  say('done', step);
}

/**
 * @param {Endpoint} endpoint
 * @param {string} text
 */
async function echo(endpoint, text) {
  await endpoint.send(text);
  const answer = (await endpoint.recv()).text();
  if (answer !== text) throw new Error(`"${answer}" is no answer to "${text}"`);
}
