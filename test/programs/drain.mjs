/** Serves until a client says so, and then those who are there. */
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
say('listening', argument.name);
for await (const pod of listener) {
  if (pod.message.text() === 'drain') {
    void listener.close({ drain: Infinity });
    await pod.reply('draining');
  } else {
    await pod.reply('yes');
  }
}
