/** Sends to a service though the system says that nobody is there, in every way there is, and says what came of it. */
import { Endpoint } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { name, faults } = argument;

const ways = {
  send: (endpoint) => endpoint.send('x'),
  'send twice': async (endpoint) => {
    // The second one only leaves at the end of the turn; its failure is the next call's.
    await Promise.all([endpoint.send('x'), endpoint.send('x')]);
    await endpoint.flush();
    await endpoint.send('x');
  },
  'send large': (endpoint) => endpoint.send(Buffer.alloc(200_000)),
  trySend: (endpoint) => endpoint.trySend('x'),
  sendSync: (endpoint) => endpoint.sendSync('x'),
};

for (const [way, send] of Object.entries(ways)) {
  const endpoint = await Endpoint.connect(name);
  process.env.FAULTS = faults;
  say(way, { first: await codeOf(() => send(endpoint)), next: await codeOf(() => endpoint.send('x')) });
  await endpoint.close();
  process.env.FAULTS = '';
}
say('closed');

async function codeOf(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return error.code;
  }
}
