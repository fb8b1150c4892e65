import { stamped, stampOf } from '../programs/stamped.mjs';
import { serviceName } from '../support/names.js';
import { connectPeer, upTo, type Taken } from '../support/peer.js';
import { type Program, start } from '../support/processes.js';

interface Sum {
  count: number;
  objects: number;
  checksum: number;
  firstWrong: number | null;
}

const PATIENCE_MS = 60_000;

const clients = [
  { client: 1, way: 'await send()', receive: 'for await' },
  { client: 2, way: 'send() now and then awaited', receive: 'recv()' },
  { client: 3, way: 'trySend() and drain', receive: 'message' },
  { client: 4, way: 'sendSync()', receive: 'several recv() at once' },
  { client: 5, way: 'send() in turns of their own', receive: 'tryRecv()' },
];

/** Runs all clients at once. */
async function runTraffic(by: 'connections' | 'pods', count: number): Promise<{ sent: Sum; received: Sum }[]> {
  const name = serviceName();
  const server = start('flow-traffic-server', { argument: { name, by } });
  await server.next('listening');
  const programs: Program[] = clients.map((client) => start('flow-traffic-client', { argument: { name, count, ...client } }));
  return await Promise.all(
    programs.map(async (program) => {
      const result = await program.next<{ sent: Sum; received: Sum }>('result', PATIENCE_MS);
      await program.finish();
      return result;
    }),
  );
}

describe.each([
  { by: 'connections', count: 10_000, how: 'in whatever way they are sent and received' },
  { by: 'pods', count: 2000, how: 'as pods' },
] as const)('5 clients that send $count messages each, of random sizes and with random objects', ({ by, count, how }) => {
  test(
    `arrive whole, in order and once, ${how}`,
    async () => {
      for (const { sent, received } of await runTraffic(by, count)) {
        expect(received).toEqual(sent);
        expect(received).toMatchObject({ count, firstWrong: null });
        expect(received.objects).toBeGreaterThan(0);
      }
    },
    PATIENCE_MS,
  );
});

test.each([
  { size: 1000, count: 5000 },
  { size: 300_000, count: 200 },
  { size: 8_000_000, count: 10 },
])('$count messages of $size bytes in each direction at once arrive whole, in order and once', async ({ size, count }) => {
  const { channel, peer } = await connectPeer('server');
  peer.tell('send', { count, size });
  peer.tell('take', { count });
  const sending = (async () => {
    for (const number of upTo(count)) await channel.send(stamped(number, size));
  })();
  for (const number of upTo(count)) expect(stampOf((await channel.recv()).payload)).toBe(number);
  await sending;
  expect(await peer.next<Taken>('taken')).toEqual({ numbers: upTo(count), end: null });
});
