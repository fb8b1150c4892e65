/**
 * Answers every message with itself and its objects: by the event loop, until a message says 'block', then without it, until one says 'go on'. Says 'accepted' for each
 * client, 'end' with how it has left, and what is told of rings.
 */
import { Listener } from '../../dist/index.js';
import './ring-news.mjs';
import { argument, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
listener.on('connection', (connection) => {
  say('accepted');
  connection.on('close', (error) => say('end', error?.code ?? 'goodbye'));
});
say('listening');
for (;;) {
  while (answer(await listener.accept()) !== 'block');
  while (answer(listener.acceptSync()) !== 'go on');
}

function answer({ connection, message }) {
  connection.sendSync(message.payload, { objects: message.objects });
  for (const object of message.objects) object.close();
  return message.payload.length < 10 ? message.text() : undefined;
}
