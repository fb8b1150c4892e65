/** A service that is asked for its statistics. */
import { Endpoint, Listener, type ListenerOptions, Policy, ServiceDescriptor } from 'gips';

import { inspectService } from '#lib/ipc/inspection.js';

import { BarePeer } from '../support/bare-peer.js';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { welcome } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { start, testAsRoot } from '../support/processes.js';

/** An echo that notes who comes. */
async function echo(options?: ListenerOptions): Promise<{ listener: Listener; seen: string[] }> {
  const listener = keep(await Listener.bind(serviceName(), options));
  const seen: string[] = [];
  listener.on('connection', () => seen.push('connection')).on('rejected', (error) => seen.push((error as Error & { code: string }).code));
  listener.serve(({ message }) => message.payload);
  return { listener, seen };
}

test('it tells what it has done, in all and for each client', async () => {
  const { listener } = await echo();
  const clients = [keep(await Endpoint.connect(listener.name)), keep(await Endpoint.connect(listener.name))];
  for (const client of clients) await client.request('four');
  const { pid, listener: total, connections } = await inspectService(listener.name, {});
  expect(pid).toBe(process.pid);
  expect(total).toMatchObject({
    connections: 2,
    accepted: 2,
    rejected: 0,
    messagesReceived: 2,
    bytesReceived: 8,
    messagesSent: 2,
    bytesSent: 8,
  });
  expect(total.handlingTime).toMatchObject({ count: 2, p50: expect.any(Number) });
  expect(connections).toEqual(Array(2).fill(expect.objectContaining({ pid: process.pid, messagesReceived: 1, messagesSent: 1 })));
});

test('who asks is no client: nobody is told, and nothing is counted', async () => {
  const { listener, seen } = await echo();
  for (let times = 0; times < 3; times += 1) await inspectService(listener.name, {});
  expect(seen).toEqual([]);
  expect(listener.stats).toMatchObject({ connections: 0, accepted: 0, rejected: 0 });
});

test('a listener that is full tells, too', async () => {
  const { listener } = await echo({ maxConnections: 1 });
  keep(await Endpoint.connect(listener.name));
  await expect(Endpoint.connect(listener.name)).rejects.toThrow(errorLike({ code: 'EAGAIN' }));
  expect((await inspectService(listener.name, {})).listener).toMatchObject({ connections: 1, rejected: 1 });
});

test('a hundred ask at once, while clients go on', async () => {
  const { listener } = await echo();
  const client = keep(await Endpoint.connect(listener.name));
  const asked = Array.from({ length: 100 }, () => inspectService(listener.name, { timeout: 10_000 }));
  for (let times = 0; times < 100; times += 1) expect((await client.request('still?')).text()).toBe('still?');
  for (const { listener: total } of await Promise.all(asked)) expect(total.connections).toBe(1);
});

test('of very many clients the first ones are listed', async () => {
  const { listener } = await echo();
  for (let times = 0; times < 120; times += 1) keep(await Endpoint.connect(listener.name));
  const { listener: total, connections } = await inspectService(listener.name, {});
  expect([total.connections, connections.length]).toEqual([120, 100]);
});

test('a blocking listener answers when it looks for clients', async () => {
  const listener = keep(Listener.bindSync(serviceName()));
  const answer = inspectService(listener.name, { timeout: 10_000 });
  let isOver = false;
  void answer.finally(() => (isOver = true));
  while (!isOver) {
    expect(listener.tryAccept()).toBeNull();
    await new Promise(setImmediate);
  }
  expect((await answer).listener.accepted).toBe(0);
});

test('one who leaves in the midst of it harms nobody', async () => {
  const { listener, seen } = await echo();
  const asking = new AbortController();
  const asked = inspectService(listener.name, { signal: asking.signal });
  asking.abort();
  await expect(asked).rejects.toThrow('abort');
  expect((await inspectService(listener.name, {})).listener.connections).toBe(0);
  expect(seen).toEqual([]);
});

test('a server that knows of no statistics takes it for a client, who leaves', async () => {
  const name = serviceName();
  const server = await BarePeer.listen(name);
  const asked = expect(inspectService(name, { timeout: 5_000 })).rejects.toThrow(
    errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'another version' }),
  );
  await server.accept();
  await server.receive();
  await server.send(welcome());
  await asked;
  await server.receiveEnd();
});

testAsRoot('it tells its own user and root, and nobody else whom its policy admits', async () => {
  const listener = keep(await Listener.bind(new ServiceDescriptor(serviceName()).withPolicy(new Policy())));
  const rejected = new Promise((resolve) => listener.once('rejected', resolve));
  const other = start('inspect', { argument: { name: listener.name }, as: 'nobody' });
  expect(await other.next('outcome')).toMatchObject({ code: 'EACCES' });
  expect(await within(rejected, 'a rejection')).toEqual(errorLike({ code: 'EACCES' }));
  await other.finish();

  const name = serviceName();
  const theirs = start('serve-as', { argument: { name }, as: 'nobody' });
  await theirs.next('listening');
  const { pid } = await inspectService(name, { serverPolicy: new Policy() });
  expect(pid).toBe(theirs.pid);
  await theirs.kill();
});
