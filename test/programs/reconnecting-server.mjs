/**
 * Talks to clients that come again, until it is killed or told to leave. To a request it answers its process id; 'wait' gets no answer. It says what it has heard, and it
 * tells and asks its clients what it is told to.
 */
import { Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const { name, tells = [] } = argument;
const listener = await Listener.bind(name);
const connections = new Set();
listener.on('connection', (connection) => {
  connections.add(connection);
  for (const text of tells) void connection.send(text);
});
listener.serve(({ message }) => {
  const text = message.text();
  say('heard', text);
  return text === 'wait' ? new Promise(() => {}) : text === 'note' ? undefined : String(process.pid);
});
say('listening', process.pid);
for await (const [command, text] of commands()) {
  if (command === 'leave') await listener.close();
  for (const connection of connections) {
    if (command === 'tell') await connection.send(text);
    if (command === 'ask') say('answered', (await connection.request(text)).text());
  }
}
