import { Endpoint, Listener } from 'gips';
import { eventually } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { OTHER_HANDLES } from '../support/platform.js';
import { descriptorCount, start } from '../support/processes.js';

const ROUNDS = 2;
const ROUND_MS = 20_000;

test('worker threads terminated in whatever they do leave nothing behind', async () => {
  const echo = serviceName();
  const server = start('echo-server', { argument: { name: echo } });
  await server.next('listening');
  // With it comes what there is once in a process.
  await (await Endpoint.connect(echo)).close();
  const before = descriptorCount(server.pid);
  // Of another process than the workers', which would be the one to hold what nobody has accepted on Windows.
  const silent = keep(Listener.bindSync(serviceName())).name;
  const program = start('terminate-workers', { argument: { echo, silent, rounds: ROUNDS } });
  for (let round = 0; round < ROUNDS; round += 1) {
    const { before, after } = await program.next<{ before: number; after: number }>('round', 2 * ROUND_MS);
    expect(after).toBeLessThanOrEqual(before);
  }
  expect(await program.next('states')).toBeGreaterThanOrEqual(20);
  await program.finish();
  await eventually(() => expect(descriptorCount(server.pid)).toBeLessThanOrEqual(before + OTHER_HANDLES));
}, 90_000);

test('to its peer, a terminated worker thread has crashed', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const program = start('terminate-one-worker', { argument: { name: listener.name } });
  const connection = await firstClient(listener);
  expect((await connection.recv()).text()).toBe('hello');
  await expect(connection.recv()).rejects.toMatchObject({ code: 'ECONNRESET' });
  await program.finish();
});
