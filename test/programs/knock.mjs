/** A client of the user it is told to be. Says what its first message was answered, or why it was turned away. */
import { Endpoint, Policy } from '../../dist/index.js';
import { argument, becomeUser, report } from './talk.mjs';

const { name, isBlocking = false, serverUsers } = argument;
becomeUser();
const options = serverUsers === undefined ? {} : { serverPolicy: new Policy().withAllowedUid(serverUsers) };
await report('outcome', isBlocking ? knockSync : knock);

async function knock() {
  const endpoint = await Endpoint.connect(name, options);
  await endpoint.send('knock knock');
  const answer = (await endpoint.recv()).text();
  await endpoint.close();
  return answer;
}

async function knockSync() {
  const endpoint = Endpoint.connectSync(name, options);
  endpoint.sendSync('knock knock');
  const answer = endpoint.recvSync(10_000).text();
  await endpoint.close();
  return answer;
}
