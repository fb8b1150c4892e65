import { Endpoint, IpcObject, Listener } from 'gips';

import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { limitDescriptors, type Program, start } from '../support/processes.js';

const LIMIT = 100;

async function connectTo(program: string, argument: object): Promise<{ endpoint: Endpoint; server: Program; objects: IpcObject[] }> {
  const name = serviceName('exhausted');
  const server = start(program, { argument: { name, ...argument } });
  await server.next('listening');
  const endpoint = keep(await Endpoint.connect(name));
  limitDescriptors(server.pid, LIMIT);
  return { endpoint, server, objects: Array.from({ length: 3 }, () => keep(IpcObject.from({ fd: 0 }))) };
}

test.each(['recv()', 'recvSync()', 'for await', "'message'"])(
  '%s gives an error in place of a message whose objects could not come, and the messages behind it',
  async (way) => {
    const { endpoint, server, objects } = await connectTo('exhausted-receiver', { way });
    const received = (): Promise<unknown> => server.next('received');
    await endpoint.send('exhaust');
    expect(await received()).toEqual(['exhaust', 0]);
    await Promise.all([endpoint.send('lost', { objects }), endpoint.send('behind'), endpoint.send('lost too', { objects })]);
    expect([await received(), await received(), await received()]).toEqual(['EAGAIN', ['behind', 0], 'EAGAIN']);
    await endpoint.send('free 2');
    expect(await received()).toEqual(['free 2', 0]);
    // Two come and one does not: none of them stays.
    await endpoint.send('lost again', { objects });
    expect(await received()).toBe('EAGAIN');
    await endpoint.send('pair', { objects: objects.slice(1) });
    expect(await received()).toEqual(['pair', 2]);
    await endpoint.send('free 50');
    expect(await received()).toEqual(['free 50', 0]);
    await endpoint.send('whole', { objects });
    expect(await received()).toEqual(['whole', 3]);
  },
);

test.each([{ isBlocking: false }, { isBlocking: true }])(
  'a listener tells of a message whose objects could not come, and serves those behind it (%j)',
  async ({ isBlocking }) => {
    const { endpoint, server, objects } = await connectTo('exhausted-server', { isBlocking });
    const answer = async (): Promise<string> => (await endpoint.recv({ timeout: 5_000 })).text();
    await endpoint.send('exhaust');
    expect(await answer()).toBe('exhaust 0');
    await endpoint.send('lost', { objects });
    await endpoint.send('behind');
    expect(await server.next('error')).toMatchObject({ code: 'EAGAIN' });
    expect(await answer()).toBe('behind 0');
    await endpoint.send('free 10');
    expect(await answer()).toBe('free 10 0');
    await endpoint.send('whole', { objects });
    expect(await answer()).toBe('whole 3');
    await server.kill();
    await expect(server.next('error')).rejects.toThrow('did not say');
  },
);

test('what needs a descriptor fails with EAGAIN when none is left, does no harm, and works when there is one', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const sender = start('exhausted-sender', { argument: { name: listener.name, otherName: serviceName() } });
  const connection = await firstClient(listener);
  await sender.next('connected');
  limitDescriptors(sender.pid, LIMIT);
  const attempts = ['send', 'sendSync', 'trySend', 'from', 'connect', 'connectSync', 'bind', 'bindSync'];

  sender.tell('exhaust');
  for (const attempt of attempts)
    expect([attempt, await sender.next(attempt)]).toEqual([attempt, expect.objectContaining({ code: 'EAGAIN' })]);
  sender.tell('free');
  for (const attempt of attempts) expect([attempt, await sender.next(attempt)]).toEqual([attempt, null]);
  sender.endInput();

  const received: [string, number][] = [];
  for await (const { text, objects } of texts(connection)) received.push([text, objects]);
  expect(received).toEqual([
    ['between', 0],
    ['between', 0],
    ['send', 1],
    ['sendSync', 1],
    ['trySend', 2],
  ]);
  await sender.finish();
});

async function* texts(connection: Awaited<ReturnType<typeof firstClient>>): AsyncGenerator<{ text: string; objects: number }> {
  for await (const message of connection) {
    for (const object of message.objects) object.close();
    yield { text: message.text(), objects: message.objects.length };
  }
}
