/** Gets a stream connection or a server from another process, and goes on with it. */
import { Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const listener = await Listener.bind(argument.name);
say('ready');
const { message, connection } = await listener.accept();
const [object] = message.objects;
if (message.text() === 'carry on') {
  const socket = object.toSocket({ allowHalfOpen: true });
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) text += chunk.toString('latin1');
  say('read', text);
  socket.end(`${text.length} from ${process.pid}`);
} else {
  const server = object.toServer();
  server.on('connection', (socket) => socket.end(`welcome to ${process.pid}`));
  await connection.reply('accepting');
  await listener.accept();
  server.close();
}
await listener.close();
