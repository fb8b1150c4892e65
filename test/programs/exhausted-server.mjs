/** An echo server without descriptors, as far as its clients' messages say so. Appends to each answer how many objects came. Says its errors. */
import { Listener } from '../../dist/index.js';
import { obey } from './descriptors.mjs';
import { argument, say } from './talk.mjs';

const { name, isBlocking } = argument;
const listener = isBlocking ? Listener.bindSync(name) : await Listener.bind(name);
listener.on('error', ({ code, message }) => say('error', { code, message }));
say('listening');
if (isBlocking) for (;;) serve(listener.acceptSync());
for await (const pod of listener) serve(pod);

function serve({ connection, message }) {
  for (const object of message.objects) object.close();
  obey(message.text());
  connection.sendSync(`${message.text()} ${message.objects.length}`);
}
