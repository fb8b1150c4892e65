/** Channels with rings come and go, with their processes and threads, and leave nothing. */
import { Endpoint, Listener } from 'gips';

import { tally } from '../programs/numbered.mjs';
import { eventually } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { firstClient } from '../support/peer.js';
import { descriptorCount, type Program, start } from '../support/processes.js';
import { newsOf, opened, ringMappings } from '../support/rings.js';

const ROUNDS = 300;
const ROUNDS_HERE = 100;

/** What a process has that a ring would leave. */
function holdings(pid: number): { rings: number; descriptors: number } {
  return { rings: ringMappings(pid).length, descriptors: descriptorCount(pid) };
}

/** So much and no more is left of a process's. */
async function expectLeft(before: Map<number, ReturnType<typeof holdings>>): Promise<void> {
  await eventually(() => {
    for (const [pid, { rings, descriptors }] of before) {
      const after = holdings(pid);
      expect(after.rings).toBe(rings);
      expect(after.descriptors).toBeLessThanOrEqual(descriptors);
    }
  });
}

async function startEcho(): Promise<{ name: string; server: Program }> {
  const name = serviceName();
  const server = start('echo-server', { argument: { name } });
  await server.next('listening');
  return { name, server };
}

async function expectEcho(endpoint: Endpoint, text: string): Promise<void> {
  await endpoint.send(text);
  expect((await endpoint.recv()).text()).toBe(text);
}

describe.each(['client', 'server'])('the process of a %s with a ring ends by itself with', (role) => {
  const situations = [
    { situation: 'an idle channel', count: 0, end: 'EPIPE' },
    { situation: 'a channel without reference on which something is awaited', count: 0, end: 'EPIPE' },
    { situation: 'a closed channel', count: 0, end: 'EPIPE' },
    { situation: 'a destroyed channel', count: 0, end: 'ECONNRESET' },
    { situation: 'messages that were sent', count: 8000, end: 'EPIPE' },
    { situation: 'messages that were sent, and close() that nobody awaits', count: 8000, end: 'EPIPE' },
    { situation: 'messages that were sent, and process.exit()', count: 150, end: 'EPIPE' },
  ];

  test.each(situations)('$situation', async ({ situation, count, end }) => {
    const name = serviceName();
    const listener = role === 'client' ? keep(await Listener.bind(name)) : undefined;
    const program = start('ring-leave', { argument: { name, role, situation, count } });
    if (role === 'server') await program.next('listening');
    const channel = keep(listener === undefined ? await Endpoint.connect(name, { ring: true }) : await firstClient(listener));
    expect(await tally(() => channel.recv())).toEqual({ count, firstOutOfOrder: null, end });
    expect(newsOf(role === 'client' ? 'server' : 'client', name)).toEqual(['open']);
    await program.next('open');
    await program.finish();
  });
});

describe(`${ROUNDS} channels, one after the other, leave no descriptor and no mapping on either side`, () => {
  test.each<[string, boolean, (endpoint: Endpoint) => unknown]>([
    ['that talk and close', true, (endpoint) => endpoint.close()],
    ['that talk and are destroyed', true, (endpoint) => endpoint.destroy()],
    ['that close before their ring has opened', false, (endpoint) => endpoint.close()],
    ['that are destroyed before their ring has opened', false, (endpoint) => endpoint.destroy()],
  ])('%s', async (_, isOpen, end) => {
    const { name, server } = await startEcho();
    const here = await Endpoint.connect(name);
    await expectEcho(here, 'to begin with');
    const before = new Map([process.pid, server.pid].map((pid) => [pid, holdings(pid)]));
    for (let round = 0; round < ROUNDS; round += 1) {
      const endpoint = await Endpoint.connect(name, { ring: { size: 16_384 } });
      if (isOpen) {
        await expectEcho(endpoint, `round ${round}`);
        // The third message of a conversation finds the ring open.
        await expectEcho(endpoint, `round ${round} again`);
      }
      await end(endpoint);
    }
    await expectLeft(before);
    expect(newsOf('client', name)).toEqual(isOpen ? Array.from({ length: ROUNDS }, () => 'open') : []);
    await expectEcho(here, 'after all');
    await here.close();
  });

  test(`as do ${ROUNDS_HERE} whose both ends are here`, async () => {
    const before = new Map([[process.pid, holdings(process.pid)]]);
    for (let round = 0; round < ROUNDS_HERE; round += 1) {
      const { listener, endpoint, connection } = await connectPair({ ring: { size: 4096 } });
      await opened(listener.name);
      await endpoint.send('x'.repeat(10_000));
      await connection.recv();
      await (round % 2 === 0 ? endpoint : connection).close();
      await listener.close();
    }
    await expectLeft(before);
  });
});

test('worker threads that are terminated amid the traffic of their rings leave nothing, there and at their server', async () => {
  const { name, server } = await startEcho();
  await (await Endpoint.connect(name)).close();
  await eventually(() => expect(ringMappings(server.pid)).toEqual([]));
  const before = new Map([[server.pid, holdings(server.pid)]]);
  const program = start('ring-workers', { argument: { name, own: serviceName(), workers: 3, rounds: 4 } });
  const first = await program.next<{ rings: number; descriptors: number }>('round', 20_000);
  expect(first.rings).toBe(0);
  for (let round = 1; round < 4; round += 1) expect(await program.next('round', 20_000)).toEqual(first);
  expect(await program.next('client of a terminated server', 20_000)).toBe('ECONNRESET');
  expect(await program.next('end', 20_000)).toEqual(first);
  await program.finish();
  await expectLeft(before);
}, 60_000);
