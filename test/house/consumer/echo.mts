/** What a user of the package writes. Compiled strictly against the packed types, and run. */
import { Endpoint, GipsError, Listener, Policy, ServiceDescriptor, type Credentials, type Message } from 'gips';
import { type Pod } from 'gips/ipc';
import { Events, Interest, Poller, type Token } from 'gips/poll';

const name = `gips-test.${process.env['GIPS_TEST_OWNER']}.consumer`;
const service = new ServiceDescriptor(name).withPolicy(Policy.sameUser());

async function serve(listener: Listener): Promise<void> {
  for await (const pod of listener) await answer(pod);
}

async function answer(pod: Pod): Promise<void> {
  const credentials: Credentials = pod.credentials;
  await pod.reply(`${pod.message.text()} from ${credentials.pid === process.pid ? 'the same process' : 'another'}`);
}

await using listener = await Listener.bind(service);
const served = serve(listener);

await using endpoint = await Endpoint.connect(name, { timeout: 5000 });
await endpoint.send('hello');
const message: Message = await endpoint.recv({ timeout: 5000 });
console.log(message.text());

try {
  await Endpoint.connect(`${name}.nobody`);
} catch (error) {
  if (error instanceof GipsError) console.log(error.code);
}

const poller = new Poller();
const events = new Events(8);
poller.wake();
const count: number = poller.poll(events, 1000);
const interest: Interest = Interest.READABLE;
for (const { token, fromWaker } of events) console.log(count, token satisfies Token, fromWaker, interest);
poller.close();

await listener.close();
await served;
