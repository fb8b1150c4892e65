/** Where one side cannot have a ring, the channel stays on its socket, and both sides say so. */
import { Endpoint, Events, Interest, Listener, Poller } from 'gips';

import { BarePeer } from '../support/bare-peer.js';
import { eventually } from '../support/deadline.js';
import { welcome } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { descriptorCount, limitDescriptors, type Program, start } from '../support/processes.js';
import { newsOf, opened, RING_NEWS, ringMappings } from '../support/rings.js';

const LIMIT = 100;
const TIMEOUT = 5_000;

async function startServer(program: string, argument: object): Promise<{ name: string; server: Program }> {
  const name = serviceName();
  const server = start(program, { argument: { name, ...argument }, nodeOptions: RING_NEWS });
  await server.next('listening');
  return { name, server };
}

async function expectRefused(name: string, server: Program): Promise<void> {
  expect(await server.next('ring')).toBe('refused');
  await eventually(() => expect(newsOf('client', name)).toEqual(['refused']));
  await eventually(() => expect([ringMappings(), ringMappings(server.pid)]).toEqual([[], []]));
}

describe('a server without an event loop refuses a ring, and answers by the socket:', () => {
  test('one that blocks', async () => {
    const { name, server } = await startServer('attacked-server', { takes: 'blocking', options: {} });
    const endpoint = keep(await Endpoint.connect(name, { ring: true }));
    for (let number = 0; number < 20; number += 1) {
      await endpoint.send(`${number}`);
      expect((await endpoint.recv()).text()).toBe(`${number}`);
    }
    await expectRefused(name, server);
  });

  test('one with a Poller', async () => {
    const name = serviceName();
    const server = start('blocking-server', { argument: { upper: name, lower: serviceName() }, nodeOptions: RING_NEWS });
    await server.next('listening');
    const endpoint = keep(await Endpoint.connect(name, { ring: true }));
    for (const text of ['a', 'b', 'c']) {
      await endpoint.send(text);
      expect((await endpoint.recv()).text()).toBe(text.toUpperCase());
    }
    await expectRefused(name, server);
    await endpoint.send('stop');
    await server.finish();
  });
});

test('a server that knows of no rings gives none, and the client is told', async () => {
  const name = serviceName();
  const server = await BarePeer.listen(name);
  const connecting = Endpoint.connect(name, { ring: true });
  await server.accept();
  await server.receive();
  await server.send(welcome());
  keep(await connecting);
  await eventually(() => expect(newsOf('client', name)).toEqual(['refused']));
});

describe('a client that does not use the event loop asks for no ring, and talks by the socket:', () => {
  test('by blocking calls; it asks for one as soon as it does', async () => {
    const { name, server } = await startServer('attacked-server', { takes: 'pods', options: {} });
    const endpoint = keep(Endpoint.connectSync(name, { ring: true }));
    for (let number = 0; number < 20; number += 1) {
      endpoint.sendSync(`${number}`, { timeout: TIMEOUT });
      expect(endpoint.recvSync(TIMEOUT).text()).toBe(`${number}`);
    }
    expect(newsOf('client', name)).toEqual([]);
    expect(ringMappings(server.pid)).toEqual([]);
    await endpoint.send('at last');
    expect((await endpoint.recv()).text()).toBe('at last');
    expect(await server.next('ring')).toBe('open');
    await eventually(() => expect(newsOf('client', name)).toEqual(['open']));
  });

  test('by a Poller; it asks for one when it is free again', async () => {
    const { name, server } = await startServer('attacked-server', { takes: 'pods', options: {} });
    const endpoint = keep(Endpoint.connectSync(name, { ring: true }));
    const poller = keep(new Poller());
    const events = new Events();
    const token = poller.register(endpoint, Interest.READABLE);
    for (let number = 0; number < 20; number += 1) {
      endpoint.sendSync(`${number}`, { timeout: TIMEOUT });
      let message = endpoint.tryRecv();
      while (message === null && poller.poll(events, TIMEOUT) > 0) message = endpoint.tryRecv();
      expect(message!.text()).toBe(`${number}`);
    }
    expect(newsOf('client', name)).toEqual([]);
    expect(ringMappings(server.pid)).toEqual([]);
    poller.deregister(endpoint, token);
    await endpoint.send('at last');
    expect((await endpoint.recv()).text()).toBe('at last');
    expect(await server.next('ring')).toBe('open');
  });
});

test('a listener that comes to the event loop late still gives its next clients rings', async () => {
  const listener = keep(Listener.bindSync(serviceName()));
  const early = keep(Endpoint.connectSync(listener.name, { ring: true }));
  early.trySend('early');
  expect(listener.acceptSync(TIMEOUT).message.text()).toBe('early');
  const accepted = listener.accept();
  const late = keep(await Endpoint.connect(listener.name, { ring: true }));
  await late.send('late');
  expect((await accepted).message.text()).toBe('late');
  await opened(listener.name);
});

describe('a server that has too few descriptors for a ring refuses it, answers by the socket, and gives its next client one:', () => {
  test.each([1, 2, 3, 4, 5, 6])('%i descriptors', async (spare) => {
    const { name, server } = await startServer('exhausted-server', { isBlocking: false });
    limitDescriptors(server.pid, LIMIT);
    const first = keep(await Endpoint.connect(name));
    const tell = async (endpoint: Endpoint, text: string): Promise<void> => {
      await endpoint.send(text);
      expect((await endpoint.recv({ timeout: TIMEOUT })).text()).toBe(`${text} 0`);
    };
    await tell(first, 'exhaust');
    await tell(first, `free ${spare}`);
    const before = descriptorCount(server.pid);
    const endpoint = keep(await Endpoint.connect(name, { ring: true }));
    for (let number = 0; number < 10; number += 1) await tell(endpoint, `${number}`);
    await expectRefused(name, server);
    expect(descriptorCount(server.pid)).toBe(before + 1);
    await tell(first, 'free 20');
    const next = keep(await Endpoint.connect(name, { ring: true }));
    for (let number = 0; number < 10; number += 1) await tell(next, `${number}`);
    expect(await server.next('ring')).toBe('open');
  });
});

describe('a client that has too few descriptors for a ring talks by the socket', () => {
  async function startClient(argument: { spare: number; exhausts: boolean }): Promise<{ name: string; client: Program }> {
    const listener = keep(await Listener.bind(serviceName()));
    const { name } = listener;
    const client = start('ring-exhausted-client', { argument: { name, ...argument }, descriptorLimit: LIMIT });
    const connection = keep(await firstClient(listener));
    for (let number = 0; number < 10; number += 1) await connection.send((await connection.recv()).payload);
    return { name, client };
  }

  test.each([1, 2, 3])('with %i, which are too few for its half', async (spare) => {
    const { name, client } = await startClient({ spare, exhausts: false });
    expect(await client.next('ring')).toBe('refused');
    expect(await client.next('answers')).toBe(10);
    await client.finish();
    // Nothing was offered to the server.
    expect(newsOf('server', name)).toEqual([]);
  });

  test('with too few for the other half', async () => {
    const { name, client } = await startClient({ spare: 20, exhausts: true });
    expect(await client.next('ring')).toBe('refused');
    expect(await client.next('answers')).toBe(10);
    await client.finish();
    expect(newsOf('server', name)).toEqual(['refused']);
    expect(ringMappings()).toEqual([]);
  });

  test('with enough it has one', async () => {
    const { name, client } = await startClient({ spare: 20, exhausts: false });
    expect(await client.next('ring')).toBe('open');
    expect(await client.next('answers')).toBe(10);
    await client.finish();
    expect(newsOf('server', name)).toEqual(['open']);
  });
});
