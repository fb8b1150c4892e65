/**
 * Serves requests until it is killed. A request says what becomes of it: `{ answer, delay, fail }`; the handler of one that is to take long heeds its signal. Says
 * how many are pending when it is asked.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const { name, options } = argument;
const listener = await Listener.bind(name);
const service = listener.serve(async ({ message, signal }) => {
  const { answer, delay, fail } = message.json();
  await sleep(delay, undefined, { signal });
  if (fail !== undefined) throw Object.assign(new RangeError(fail), { code: 'E_ASKED_FOR' });
  return answer;
}, options);
say('listening');
for await (const [command] of commands()) if (command === 'count') say('counted', { pending: service.pending });
