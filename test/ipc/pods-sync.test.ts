import { Endpoint } from 'gips';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

test('what comes while sendSync() waits for room becomes a pod once there is room', async () => {
  const name = serviceName();
  const server = start('sync-echo-server', { argument: { name } });
  await server.next('listening');
  const endpoint = keep(await Endpoint.connect(name));
  await endpoint.send(Buffer.alloc(3_000_000));
  await endpoint.flush(); // it has been read: the answer to it is under way, and waits for credit
  await endpoint.send('the next one');
  await endpoint.flush();
  expect((await endpoint.recv({ timeout: 5_000 })).payload).toHaveLength(3_000_000);
  expect((await endpoint.recv({ timeout: 5_000 })).text()).toBe('the next one');
  await server.kill();
});
