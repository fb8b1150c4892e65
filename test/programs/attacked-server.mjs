/**
 * An echo server that tells how its clients fare: 'rejected PID', 'connection PID', 'end PID', 'error'. It takes pods, with or without an event loop, or
 * connections; of a connection that says 'ignore me' it takes nothing more. Runs until it is killed.
 */
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, takes, options } = argument;
const listener = takes === 'blocking' ? Listener.bindSync(name, options) : await Listener.bind(name, options);
listener.on('rejected', ({ code }, { pid }) => say(`rejected ${pid}`, code));
listener.on('error', ({ code }) => say('error', code));
listener.on('connection', (connection) => {
  const { pid } = connection.credentials;
  say(`connection ${pid}`);
  connection.on('close', (error) => say(`end ${pid}`, error?.code ?? 'goodbye'));
});
say('listening');

if (takes === 'blocking') for (;;) echoSync(listener.acceptSync());
else if (takes === 'pods') for await (const pod of listener) await echo(pod.connection, pod.message);
else for await (const connection of listener.connections()) void serve(connection);

async function serve(connection) {
  try {
    for await (const message of connection) {
      if (message.text() === 'ignore me') return;
      await echo(connection, message);
    }
  } catch {
    // How it ended has been told.
  }
}

async function echo(connection, message) {
  await connection.reply(message.payload, { to: message });
  for (const object of message.objects) object.close();
}

function echoSync({ connection, message }) {
  for (const object of message.objects) object.close();
  try {
    connection.trySend(message.payload);
  } catch {
    // The client is gone.
  }
}
