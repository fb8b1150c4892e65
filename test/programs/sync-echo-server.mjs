/** Answers every pod with itself by `sendSync`, in the event loop, until it is killed. */
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
say('listening');
for await (const { connection, message } of listener) connection.sendSync(message.payload);
