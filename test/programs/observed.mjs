/** A service that answers itself, one request that fails, and a client that is turned away: something to log. */
import diagnostics from 'node:diagnostics_channel';
import { Endpoint, Listener, Policy, ServiceDescriptor } from '../../dist/index.js';
import { argument } from './talk.mjs';

let uncaught = 0;
if (argument.isThrowing) {
  process.on('uncaughtException', () => (uncaught += 1));
  diagnostics.subscribe('gips:message.send', () => {
    throw new Error('from the subscriber');
  });
}

const listener = await Listener.bind(argument.name);
listener.serve(({ message }) => {
  if (message.text() === '100 %d') throw new Error('no %s');
  return 'answer';
});
const endpoint = await Endpoint.connect(argument.name);
const answer = await endpoint.request('question');
await endpoint.request('100 %d').catch(() => {});
await endpoint.close();
await listener.close();
const nobody = new ServiceDescriptor(`${argument.name}.nobody`).withPolicy(new Policy().withCredentialValidator(() => false));
const closed = await Listener.bind(nobody);
await Endpoint.connect(closed.name).catch(() => {});
await closed.close();
console.log(`${answer.text()}, ${uncaught} uncaught`);
