import { type Connection, IpcObject, Listener } from 'gips';

import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { isWindows, sharedMemory } from '../support/platform.js';
import { descriptorTargets, type Program, start } from '../support/processes.js';

const MIB = 1024 * 1024;
/** The shared memory that an echo needs: that of each direction counts for both sides. */
const POOL = 2 * 64 * MIB;
const SLACK = 16 * MIB;
const isSanitized = process.env.GIPS_TEST_SANITIZED === '1';

interface Echo {
  server: Program;
  client: Program;
}

async function startEcho(size: number, count: number): Promise<Echo> {
  const name = serviceName();
  const server = start('large-echo', { argument: { role: 'server', name } });
  await server.next('listening');
  return { server, client: start('large-echo', { argument: { role: 'client', name, size, count } }) };
}

/** Our descriptors of memory shared with a peer. */
function pools(): number {
  return descriptorTargets(process.pid).filter((target) => target.includes('gips-pool')).length;
}

const ECHOES = isWindows ? 5 : 50;

test(`64 MiB come back whole ${ECHOES} times, and neither side grows by more than two payloads and the pool`, async () => {
  const size = 64 * MIB;
  const { server, client } = await startEcho(size, ECHOES);
  expect(await client.next('good', 120_000)).toBe(ECHOES);
  for (const program of [client, server]) {
    const { median, most } = await program.next<{ median: number; most: number }>('grown');
    // Checked memory is quarantined for a while after it is freed.
    if (isSanitized) continue;
    expect(median).toBeLessThan(2 * size + POOL + SLACK);
    // A busy machine may collect one message later.
    expect(most).toBeLessThan(3 * size + POOL + SLACK);
  }
  await Promise.all([client.exited, server.exited]);
}, 150_000);

test.each(['client', 'server'] as const)('a %s killed in the middle of large messages leaves nothing of them behind', async (killed) => {
  const echo = await startEcho(64 * MIB, 1_000);
  await echo.client.next('begun');
  const survivor = killed === 'client' ? echo.server : echo.client;
  await echo[killed].kill();
  await within(survivor.exited, 'the end of the other side');
  expect(survivor.stderr).toContain('ECONNRESET');
});

sharedMemory.test('memory that has not been used for a while is given back by both sides, and had again when it is needed', async () => {
  const { endpoint: client, connection: server } = await connectPair();
  const exchange = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await client.send(Buffer.alloc(MIB, i));
      expect((await server.recv()).payload.equals(Buffer.alloc(MIB, i))).toBe(true);
    }
  };
  await exchange();
  expect(pools()).toBe(2);
  await eventually(() => expect(pools()).toBe(0));
  await exchange();
  expect(pools()).toBe(2);
  await client.close();
  await eventually(() => expect(pools()).toBe(0));
});

test('whoever takes large messages without an event loop gets their memory back', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const [count, size] = [isWindows ? 30 : 100, 4 * MIB];
  listener.on('connection', (connection) => void sendMany(connection));
  async function sendMany(connection: Connection): Promise<void> {
    for (let i = 0; i < count; i++) await connection.send(Buffer.alloc(size));
  }
  const program = start('take-blocking', { argument: { name: listener.name, messages: count } });
  expect(await program.next('grown', 30_000)).toBeLessThan((count * size) / 2);
}, 40_000);

test('a small message does not pass a large one, nor a large one with objects', async () => {
  const { endpoint: client, connection: server } = await connectPair();
  using object = IpcObject.from({ fd: 0 });
  for (let round = 0; round < 3; round++) {
    const sending = [
      client.send(Buffer.alloc(4 * MIB, 1)),
      client.send('small'),
      client.send(Buffer.alloc(4 * MIB, 2), { objects: [object, object] }),
      client.send('last'),
    ];
    const received = [];
    for (let i = 0; i < 4; i++) received.push(await server.recv());
    expect(received.map(({ payload, objects }) => [payload.length, payload[0], objects.length])).toEqual([
      [4 * MIB, 1, 0],
      [5, 's'.charCodeAt(0), 0],
      [4 * MIB, 2, 2],
      [4, 'l'.charCodeAt(0), 0],
    ]);
    for (const { objects } of received) for (const each of objects) each.close();
    await Promise.all(sending);
  }
});

test('many large messages to a reader that sleeps wait, and those given up are never seen', async () => {
  const { endpoint: client, connection: server } = await connectPair();
  await client.send(Buffer.alloc(2 * MIB, 1));
  await server.recv();
  await client.send(Buffer.alloc(2 * MIB, 2));
  const waiting = client.send(Buffer.alloc(2 * MIB, 3), { timeout: 50 });
  await expect(waiting).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  await client.send('and then', { timeout: 0 }).catch(() => undefined);
  expect((await server.recv()).payload[0]).toBe(2);
  await client.send('end');
  const rest = [];
  for (let last = ''; last !== 'end'; rest.push(last)) last = (await server.recv()).text();
  expect(rest.filter((text) => text.length > 100)).toEqual([]);
});
