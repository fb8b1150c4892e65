/** Answers every message with itself, until it is killed. Says its name when it listens. */
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
say('listening', argument.name);
for await (const pod of listener) await pod.reply(pod.message.payload);
