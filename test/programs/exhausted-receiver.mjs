/** Receives from its first client in one way, and has no descriptors as far as its messages say so. Says what it receives: text and objects, or an error. */
import { Listener } from '../../dist/index.js';
import { obey } from './descriptors.mjs';
import { argument, say } from './talk.mjs';

const { name, way } = argument;
const listener = await Listener.bind(name);
say('listening');
const { value: connection } = await listener.connections().next();

const ways = {
  async 'recv()'() {
    for (;;) await attempt(async () => take(await connection.recv()));
  },
  async 'recvSync()'() {
    for (;;) await attempt(() => take(connection.recvSync()));
  },
  async 'for await'() {
    for (;;) {
      await attempt(async () => {
        for await (const message of connection) take(message);
      });
    }
  },
  async "'message'"() {
    connection.on('message', take);
    connection.on('error', fail);
  },
};
await ways[way]();

async function attempt(receive) {
  try {
    await receive();
  } catch (error) {
    fail(error);
    if (error.code !== 'EAGAIN') process.exit();
  }
}

function take(message) {
  for (const object of message.objects) object.close();
  obey(message.text());
  say('received', [message.text(), message.objects.length]);
}

function fail({ code }) {
  say('received', code);
}
