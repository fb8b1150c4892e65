/** Ends, aborts and leavers at unlucky moments. */
import { Endpoint, Listener, Policy, ServiceDescriptor } from 'gips';

import { userId } from '../support/accounts.js';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';

/** More than the clients that may have left before a listener that nobody uses waits for somebody. */
const MANY = 260;

async function comeAndGo(name: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const endpoint = await Endpoint.connect(name);
    await endpoint.send('and gone');
    await endpoint.close();
  }
}

test('a server that only pushes goes on accepting, whatever its clients leave behind', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  listener.on('connection', (connection) => void connection.send('pushed').catch(() => undefined));
  await comeAndGo(listener.name, MANY);
  const endpoint = keep(await Endpoint.connect(listener.name, { timeout: 5_000 }));
  expect((await endpoint.recv({ timeout: 5_000 })).text()).toBe('pushed');
});

test('a server that begins to ask for connections late accepts again', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  await comeAndGo(listener.name, 256);
  const connections = listener.connections();
  for (let count = 0; count < 256; count += 1) await within(connections.next(), 'a connection');
  keep(await Endpoint.connect(listener.name, { timeout: 5_000 }));
  expect((await within(connections.next(), 'the new connection')).done).toBe(false);
});

test("an endpoint whose server has greeted it and gone at once still emits 'close'", async () => {
  const listener = keep(await Listener.bind(serviceName()));
  listener.on('connection', (connection) => void connection.close());
  const endpoint = await Endpoint.connect(listener.name);
  const closed = new Promise((resolve) => endpoint.on('close', resolve));
  expect(await within(closed, "'close'")).toBeUndefined();
});

test('an endpoint of connectSync() that nobody receives from tells of its end', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const endpoint = Endpoint.connectSync(listener.name);
  const closed = new Promise((resolve) => endpoint.on('close', resolve));
  listener.on('connection', (connection) => void connection.close());
  expect(await within(endpoint.closed, 'closed')).toBeUndefined();
  await within(closed, "'close'");
});

test('a signal that is aborted by a validator of the policy is heard', async () => {
  const listener = keep(Listener.bindSync(serviceName())); // greets nobody
  const aborter = new AbortController();
  const serverPolicy = new Policy().withCredentialValidator(() => aborter.abort());
  const connecting = Endpoint.connect(listener.name, { signal: aborter.signal, serverPolicy });
  await expect(within(connecting, 'the abort')).rejects.toThrow(errorLike({ name: 'AbortError' }));
});

test("a listener that is closed by its 'rejected' subscriber amid tryAccept() has no afterlife", () => {
  const listener = keep(Listener.bindSync(new ServiceDescriptor(serviceName()).withAllowedUid([userId(4242)])));
  const errors: unknown[] = [];
  listener.on('error', (error) => errors.push(error));
  listener.on('rejected', () => void listener.close());
  listener.tryAccept();
  const first = keep(Endpoint.connectSync(listener.name, { wire: 'raw' }));
  listener.tryAccept();
  first.trySend('raw');
  keep(Endpoint.connectSync(listener.name, { wire: 'raw' }));
  expect(() => listener.tryAccept()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(errors).toEqual([]);
});

test("a connection whose listener a Poller has can be subscribed to for 'drain'", async () => {
  const { Poller, Interest } = await import('gips/poll');
  const listener = keep(Listener.bindSync(serviceName()));
  using poller = new Poller();
  poller.register(listener, Interest.READABLE);
  const endpoint = keep(Endpoint.connectSync(listener.name));
  endpoint.sendSync('hello');
  let pod = listener.tryAccept();
  while (pod === null) pod = listener.tryAccept();
  expect(() => pod.connection.on('drain', () => undefined)).not.toThrow();
  endpoint.destroy();
  await listener.close();
});
