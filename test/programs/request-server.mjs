/**
 * Serves requests until it is killed. A request says what becomes of it: `{ answer, delay, fail }`; the handler of one that is to take long heeds its signal. Says
 * how many handlers were aborted when it is asked.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const { name, options } = argument;
const listener = await Listener.bind(name);
let aborted = 0;
const service = listener.serve(async ({ message, signal }) => {
  const { answer, delay, fail } = message.json();
  try {
    await sleep(delay, undefined, { signal });
  } catch (error) {
    aborted += 1;
    throw error;
  }
  if (fail !== undefined) throw Object.assign(new RangeError(fail), { code: 'E_ASKED_FOR' });
  return answer;
}, options);
say('listening');
for await (const [command] of commands()) if (command === 'count') say('counted', { aborted, pending: service.pending });
