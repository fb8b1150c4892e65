/** A client that waits for its service. Says what its first message is answered, or why it gave up, and leaves it to Node whether it ends. */
import { Endpoint } from '../../dist/index.js';
import { argument, report, say } from './talk.mjs';

const { name, isBlocking = false, options = {} } = argument;

say('waiting');
await report('outcome', async () => {
  const connect = isBlocking ? Endpoint.connectSync : Endpoint.connect;
  const endpoint = await connect.call(Endpoint, name, { wait: true, ...options });
  await endpoint.send('hello');
  const answer = (await endpoint.recv()).text();
  await endpoint.close();
  return answer;
});
