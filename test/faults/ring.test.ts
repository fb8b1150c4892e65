import { Endpoint } from 'gips';

import { eventually } from '../support/deadline.js';
import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';
import { descriptorCount, start } from '../support/processes.js';
import { newsOf, RING_NEWS, ringMappings } from '../support/rings.js';

/** What is needed for a ring, in this order; the first two are each side's half, the last one is of the other side's. */
const FAULTS = [
  'memfd_create:EMFILE:at=1',
  'memfd_create:ENOSYS:first=2',
  'ftruncate:ENOSPC:at=1',
  'mmap:ENOMEM:at=1',
  'seal:EINVAL:at=1',
  'pipe2:EMFILE:at=1',
  'fallocate:ENOSPC:at=1',
  'mmap:ENOMEM:at=2',
  'scm_rights:EMFILE:at=1',
];

test.each(FAULTS)('a client talks by the socket when its ring fails with %s, and has a ring the next time', async (faults) => {
  const name = serviceName();
  const server = start('echo-server', { argument: { name }, nodeOptions: RING_NEWS });
  await server.next('listening');
  const before = descriptorCount(server.pid);
  const client = startFaulty('ring-under-faults', { argument: { name, faults } });
  expect(await client.next('answers')).toBe(10);
  expect(await client.next('answers')).toBe(10);
  expect([await client.next('ring'), await client.next('ring')]).toEqual(['refused', 'open']);
  await client.finish();
  await eventually(() => expect([ringMappings(server.pid), descriptorCount(server.pid)]).toEqual([[], before]));
});

test.each(FAULTS)('a server answers by the socket when its ring fails with %s, and has a ring the next time', async (faults) => {
  const name = serviceName();
  const server = startFaulty('serve-under-faults', { argument: { name }, nodeOptions: RING_NEWS });
  const setFaults = async (these: string): Promise<void> => {
    server.tell('faults', these);
    await server.next('told');
  };
  const talk = async (): Promise<void> => {
    const endpoint = await Endpoint.connect(name, { ring: true });
    for (let number = 0; number < 10; number += 1) {
      await endpoint.send(`${number}`);
      expect((await endpoint.recv()).text()).toBe(`${number}`);
    }
    await endpoint.close();
  };
  await setFaults('');
  await talk();
  await eventually(() => expect(ringMappings(server.pid)).toEqual([]));
  const before = descriptorCount(server.pid);
  await setFaults(faults);
  await talk();
  await setFaults('');
  await talk();
  expect([await server.next('ring'), await server.next('ring'), await server.next('ring')]).toEqual(['open', 'refused', 'open']);
  expect(newsOf('client', name)).toEqual(['open', 'refused', 'open']);
  await eventually(() => expect([ringMappings(server.pid), descriptorCount(server.pid)]).toEqual([[], before]));
  server.endInput();
  await server.finish();
});
