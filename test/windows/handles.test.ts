/** What connections cost of handles, as GetProcessHandleCount() would tell: nothing that stays. */
import { Endpoint, Listener } from 'gips';

import { descriptors } from '../environment/leaks.mjs';
import { eventually } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { describeOnWindows } from '../support/platform.js';
import { descriptorCount, start } from '../support/processes.js';

const CONNECTIONS = 300;
const AT_ONCE = 20;

describeOnWindows('after 300 connections there are as many handles as before', () => {
  test('at the server, whose clients say goodbye, or vanish', async () => {
    const name = serviceName();
    const server = start('echo-server', { argument: { name } });
    await server.next('listening');
    // Whatever is made once is there after the first of each kind.
    await converse(name, AT_ONCE);
    const before = descriptorCount(server.pid);
    await converse(name, CONNECTIONS);
    await eventually(() => expect(descriptorCount(server.pid)).toBeLessThanOrEqual(before));
  });

  test('at the client', async () => {
    const name = serviceName();
    await start('echo-server', { argument: { name } }).next('listening');
    await converse(name, AT_ONCE);
    const before = { handles: descriptors().length, all: descriptorCount(process.pid) };
    await converse(name, CONNECTIONS);
    await eventually(() => expect(descriptors().length).toBeLessThanOrEqual(before.handles));
    // Node opens and closes some of its own meanwhile; one for each connection would be many more.
    expect(descriptorCount(process.pid)).toBeLessThan(before.all + AT_ONCE);
  });

  test('when the server does not admit the clients', async () => {
    const listener = keep(await Listener.bind(serviceName(), { maxConnections: 1 }));
    keep(await Endpoint.connect(listener.name));
    const before = descriptors().length;
    for (let count = 0; count < CONNECTIONS; count += 1) {
      await expect(Endpoint.connect(listener.name)).rejects.toMatchObject({ code: 'EAGAIN' });
    }
    await eventually(() => expect(descriptors().length).toBeLessThanOrEqual(before));
  });
});

/** So many clients, some of them at a time, of which every other one vanishes. */
async function converse(name: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, index) => {
        const endpoint = await Endpoint.connect(name);
        await endpoint.send('hello');
        expect((await endpoint.recv()).text()).toBe('hello');
        if (index % 2 === 0) await endpoint.close();
        else endpoint.destroy();
      }),
    );
  }
}
