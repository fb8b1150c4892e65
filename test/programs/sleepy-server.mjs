/** Takes no message until it is told to. Says how many there were when its first client has gone. */
import { Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
say('listening', argument.name);
const { value: connection } = await listener.connections().next();
await commands().next();
let received = 0;
for await (const message of connection) if (message.payload.length > 0) received += 1;
say('received', received);
await listener.close();
process.exit();
