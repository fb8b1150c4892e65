/** Welcomes the clients that the default policy of the user it is told to be admits. Says who is rejected. */
import { Listener } from '../../dist/index.js';
import { argument, becomeUser, say } from './talk.mjs';

becomeUser();
const listener = await Listener.bind(argument.name);
listener.on('rejected', ({ code }, { pid, uid }) => say('rejected', { code, pid, uid }));
say('listening');
for await (const pod of listener) await pod.reply('welcome');
