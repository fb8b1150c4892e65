/** Takes messages by 'message', throwing at the one it is told. Says which came, and what was not caught. */
import { Endpoint } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, throwAt, catches, events } = argument;

if (catches) process.on('uncaughtException', (error) => say('uncaught', { message: error.message, code: error.code }));
const endpoint = await Endpoint.connect(name);
endpoint.on('message', (message) => {
  say('message', message.text());
  if (message.text() === throwAt) throw new Error(`cannot take ${throwAt}`);
});
for (const event of events) endpoint.on(event, (error) => say(event, error?.code ?? null));
say('subscribed');
