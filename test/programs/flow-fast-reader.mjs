/** Takes what its clients send, and answers every hundredth message. */
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const ANSWERED = 100;

const listener = await Listener.bind(argument.name);
say('listening');
let taken = 0;
for await (const pod of listener) if (++taken % ANSWERED === 0) await pod.reply('');
