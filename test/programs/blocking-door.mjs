/** Welcomes its clients without an event loop, as far as its validator admits them. Says who is rejected and why. */
import { Listener, Policy, ServiceDescriptor } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const validators = {
  admits: () => true,
  denies: () => false,
  promises: () => Promise.resolve(true),
  rejects: () => Promise.reject(new Error('never heard of')),
  throws: () => {
    throw new Error('a reason');
  },
};

const policy = new Policy().withCredentialValidator(validators[argument.validator]);
const listener = Listener.bindSync(new ServiceDescriptor(argument.name).withPolicy(policy));
listener.on('rejected', ({ code, cause }, { pid }) => say('rejected', { code, cause: cause?.code ?? cause?.message ?? null, pid }));
say('listening');
for (;;) {
  const { connection, message } = listener.acceptSync();
  say('message', message.text());
  connection.sendSync('welcome');
}
