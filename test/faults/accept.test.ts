import { Endpoint } from 'gips';

import { eventually } from '../support/deadline.js';
import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';
import { descriptorCount, type Program, processorTime } from '../support/processes.js';

async function startServer(faults: string): Promise<{ name: string; server: Program }> {
  const name = serviceName();
  const server = startFaulty('serve-under-faults', { argument: { name } });
  await setFaults(server, faults);
  return { name, server };
}

async function setFaults(server: Program, faults: string): Promise<void> {
  server.tell('faults', faults);
  await server.next('told');
}

async function expectEcho(endpoint: Endpoint): Promise<void> {
  await endpoint.send('hello');
  expect((await endpoint.recv()).text()).toBe('hello');
}

async function expectService(name: string): Promise<void> {
  const endpoint = await Endpoint.connect(name);
  await expectEcho(endpoint);
  await endpoint.close();
}

async function stop(server: Program): Promise<void> {
  server.endInput();
  await server.next('closed');
  await server.finish();
}

test.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])(
  'a listener that cannot accept because of %s says so, and serves the client later',
  async (error) => {
    const { name, server } = await startServer(`accept4:${error}:first=3`);
    const connecting = Endpoint.connect(name);
    expect(await server.next('error')).toEqual({ code: 'EAGAIN', syscall: 'accept4', address: name });
    const endpoint = await connecting;
    await expectEcho(endpoint);
    await endpoint.close();
    await stop(server);
  },
);

test('a listener does not spin while it cannot accept, and serves whoever waits once it can', async () => {
  const { name, server } = await startServer('accept4:EMFILE:every=1');
  const connecting = Endpoint.connect(name);
  await server.next('error');
  const before = processorTime(server.pid);
  await expect(Promise.race([connecting, new Promise((resolve) => setTimeout(resolve, 2_000, 'waits'))])).resolves.toBe('waits');
  expect(processorTime(server.pid) - before).toBeLessThan(0.1);
  await setFaults(server, '');
  const endpoint = await connecting;
  await expectEcho(endpoint);
  await endpoint.close();
  await stop(server);
});

test.each([
  'accept4:EINTR:every=2',
  'accept4:ECONNABORTED:at=1',
  'recv:EINTR:every=2',
  'recv:ECONNRESET:at=1',
  'recv:EAGAIN:at=1',
  'recvmsg:EINTR:every=2',
  // When a ring says that there is a packet on the socket, there is one: none is the peer's violation.
  ...(process.env['GIPS_TEST_TRANSPORT'] === 'ring' ? [] : ['recvmsg:EAGAIN:every=2']),
  'recvmsg:ECONNRESET:every=2',
  'sendmsg:EINTR:every=2',
  'sendmsg:EAGAIN:every=2',
  'sendmsg:ENOBUFS:every=2',
])('a listener and its clients do not notice %s', async (faults) => {
  const { name, server } = await startServer(faults);
  for (let i = 0; i < 3; i++) await expectService(name);
  await stop(server);
  await expect(server.next('error')).rejects.toThrow('did not say');
});

test('a client of whom the kernel does not tell who it is, is not admitted; the next one is', async () => {
  const { name, server } = await startServer('getsockopt:ENOBUFS:at=1');
  const before = descriptorCount(server.pid);
  await expect(Endpoint.connect(name)).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await server.next('error')).toEqual({ code: 'EAGAIN', syscall: 'getsockopt', address: name });
  await expectService(name);
  await eventually(() => expect(descriptorCount(server.pid)).toBe(before));
  await stop(server);
});
