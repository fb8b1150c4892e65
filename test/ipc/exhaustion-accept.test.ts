import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from 'gips';

import { within } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { descriptorCount, limitDescriptors, processorTime, type Program, start } from '../support/processes.js';

const LIMIT = 100;

async function startServer(isBlocking: boolean): Promise<{ name: string; server: Program; client: Endpoint }> {
  const name = serviceName('exhausted');
  const server = start('exhausted-server', { argument: { name, isBlocking } });
  await server.next('listening');
  limitDescriptors(server.pid, LIMIT);
  return { name, server, client: keep(await Endpoint.connect(name)) };
}

async function expectEcho(endpoint: Endpoint, text = 'hello'): Promise<void> {
  await endpoint.send(text);
  expect((await endpoint.recv({ timeout: 5_000 })).text()).toBe(`${text} 0`);
}

describe.each([
  { form: 'for await', isBlocking: false },
  { form: 'acceptSync()', isBlocking: true },
])('a server by $form that has no descriptor for a client', ({ isBlocking }) => {
  test('says so once, serves the others without spinning, and serves the client when there is one', async () => {
    const { name, server, client } = await startServer(isBlocking);
    await expectEcho(client, 'exhaust');
    expect(descriptorCount(server.pid)).toBeGreaterThanOrEqual(LIMIT);
    const connecting = Endpoint.connect(name);
    expect(await server.next('error')).toEqual({ code: 'EAGAIN', message: expect.stringContaining(name) });
    await expectEcho(client);
    const before = processorTime(server.pid);
    await sleep(2_000);
    expect(processorTime(server.pid) - before).toBeLessThan(0.1);
    await expectEcho(client);
    await expectEcho(client, 'free 1');
    await expectEcho(keep(await within(connecting, 'the waiting client')));
    await server.kill();
    await expect(server.next('error')).rejects.toThrow('did not say');
  });

  test('serves those who wait one after the other, and loses nothing of what they had said', async () => {
    const { name, server, client } = await startServer(isBlocking);
    await expectEcho(client, 'exhaust');
    const waiting = Array.from({ length: 5 }, (_, number) => {
      const endpoint = keep(Endpoint.connectSync(name));
      for (let line = 0; line < 3; line += 1) endpoint.sendSync(`client ${number} line ${line}`);
      return endpoint;
    });
    await server.next('error');
    await expectEcho(client, 'free 1');
    await Promise.all(
      waiting.map(async (endpoint, number) => {
        for (let line = 0; line < 3; line += 1) {
          expect((await endpoint.recv({ timeout: 10_000 })).text()).toBe(`client ${number} line ${line} 0`);
        }
        // Its descriptor is for the next one.
        await endpoint.close();
      }),
    );
    await expectEcho(client);
  });

  test('says so again at the next shortage', async () => {
    const { name, server, client } = await startServer(isBlocking);
    for (let time = 0; time < 2; time += 1) {
      await expectEcho(client, 'exhaust');
      const connecting = Endpoint.connect(name);
      expect(await server.next('error')).toMatchObject({ code: 'EAGAIN' });
      await expectEcho(client, 'free 2');
      const endpoint = await within(connecting, 'the waiting client');
      await expectEcho(endpoint);
      await endpoint.close();
    }
  });
});
