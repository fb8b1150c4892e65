/** Handles on Windows: who may pass them to whom, and what becomes of those that nobody takes. */
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { Endpoint, IpcObject, Listener } from 'gips';
import { descriptors } from '../environment/leaks.mjs';
import { describeOnWindows } from '../support/accounts.js';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { type Program, start } from '../support/processes.js';
import { builtProgram } from '../support/programs.js';

const CONTENT = 'what is in the file';

/** Nobody but administrators may duplicate handles of this process. */
const guarded = [builtProgram('run-as'), 'guarded'];
/** This process is no administrator, though of the same user. */
const lesser = [builtProgram('run-as'), 'filtered'];
const guardedAndLesser = [...lesser, ...guarded];

let file: string;

beforeEach(() => {
  file = socketPath('file');
  writeFileSync(file, CONTENT);
});
afterEach(() => rmSync(file));

async function connect(throughServer: string[], throughClient: string[], role = 'client'): Promise<{ server: Program; client: Program }> {
  const argument = { name: serviceName(), file };
  const server = start('hand-over', { argument: { ...argument, role: 'server' }, through: throughServer });
  await server.next('listening');
  const client = start('hand-over', { argument: { ...argument, role }, through: throughClient });
  return { server, client };
}

async function expectPassed(from: Program, to: Program, objects = 1): Promise<void> {
  from.tell('pass', { objects });
  to.tell('take');
  expect(await to.next('take')).toEqual(new Array(objects).fill(CONTENT));
  expect(await from.next('pass')).toBeNull();
}

describeOnWindows.each([
  ['of equal rights', [], []],
  ['of which the server may duplicate handles of the client, and not the other way round', guarded, lesser],
  ['of which the client may duplicate handles of the server, and not the other way round', lesser, guarded],
])('between processes %s', (_, throughServer, throughClient) => {
  test('files go both ways, as many as there can be at a time, and their sender leaves when they have arrived', async () => {
    const { server, client } = await connect(throughServer, throughClient);
    await expectPassed(client, server);
    await expectPassed(server, client, 253);
    await expectPassed(client, server, 253);
    client.tell('pass and leave');
    server.tell('take');
    expect(await server.next('take')).toEqual([CONTENT]);
    expect(await client.next('pass and leave')).toBeNull();
    client.endInput();
    await client.finish();
  });

  test('a client need not wait until it is welcome', async () => {
    const { server, client } = await connect(throughServer, throughClient, 'hasty client');
    server.tell('take');
    expect(await server.next('take')).toEqual([CONTENT]);
    await client.next('passed');
  });
});

describeOnWindows('between processes of which neither may duplicate handles of the other', () => {
  test('a message with objects is refused, or lost if it was sent before that was known; the channel goes on', async () => {
    const { server, client } = await connect(guardedAndLesser, guardedAndLesser, 'hasty client');
    server.tell('take');
    expect(await server.next('take')).toMatchObject({ code: 'EACCES' });
    await client.next('passed');
    for (const program of [client, server]) {
      program.tell('pass', {});
      expect(await program.next('pass')).toMatchObject({ code: 'EACCES' });
    }
    client.tell('send', 'still here');
    server.tell('receive');
    expect(await server.next('receive')).toBe('still here');
  });
});

describeOnWindows('objects that were sent', () => {
  test('belong to the receiver, whatever becomes of the sender', async () => {
    const { server, client } = await connect([], []);
    client.tell('pass', { messages: 3 });
    await client.next('pass');
    await client.kill();
    for (let i = 0; i < 3; i += 1) {
      server.tell('take');
      expect(await server.next('take')).toEqual([CONTENT]);
    }
  });

  test('and that nobody has taken are closed with their channel, 300 messages of them', async () => {
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round += 1) await exchange(10, round % 2 === 0 ? 5 : 0);
    };
    await rounds(2);
    const before = descriptors().length;
    await rounds(28);
    await eventually(() => expect(descriptors().length).toBeLessThanOrEqual(before));
  });

  test('are closed if the receiver is killed with them', async () => {
    await passToTheKilled();
    const before = descriptors().length;
    for (let i = 0; i < 3; i += 1) await passToTheKilled();
    await eventually(() => expect(descriptors().length).toBeLessThanOrEqual(before));
  });

  test('are closed if the sender is killed with them', async () => {
    await takeFromTheKilled();
    const before = descriptors().length;
    for (let i = 0; i < 3; i += 1) await takeFromTheKilled();
    await eventually(() => expect(descriptors().length).toBeLessThanOrEqual(before));
  });
});

describeOnWindows('what is no handle that Node tells', () => {
  test('is refused: a socket, a server', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    for (const source of [server, socket]) expect(() => IpcObject.from(source)).toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
    socket.destroy();
    server.close();
  });

  test('and raw connections carry none', async () => {
    const listener = keep(await Listener.bind(serviceName(), { wire: 'raw' }));
    const endpoint = keep(await Endpoint.connect(listener.name, { wire: 'raw' }));
    const object = keep(IpcObject.from({ fd: 0 }));
    await expect(endpoint.send('raw', { objects: [object] })).rejects.toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
  });
});

/** Sends messages with three objects each in both directions, some of which are taken. */
async function exchange(messages: number, taken: number): Promise<void> {
  const { listener, endpoint, connection } = await connectPair();
  const object = IpcObject.from({ fd: 0 });
  for (const channel of [endpoint, connection]) {
    for (let i = 0; i < messages / 2; i += 1) await channel.send('objects', { objects: [object, object, object] });
  }
  object.close();
  for (let i = 0; i < taken; i += 1) for (const received of (await connection.recv()).objects) received.close();
  await endpoint.close();
  await connection.close();
  await listener.close();
}

async function passToTheKilled(): Promise<void> {
  const name = serviceName();
  const program = start('hand-over', { argument: { name, file, role: 'server' } });
  await program.next('listening');
  const endpoint = await Endpoint.connect(name);
  const object = IpcObject.from({ fd: 0 });
  for (let i = 0; i < 10; i += 1) await endpoint.send('objects', { objects: [object, object] });
  object.close();
  await program.kill();
  endpoint.destroy();
}

async function takeFromTheKilled(): Promise<void> {
  const listener = keep(await Listener.bind(serviceName()));
  const program = start('hand-over', { argument: { name: listener.name, file, role: 'client' } });
  const { value: connection } = await listener.connections().next();
  program.tell('pass', { messages: 10, objects: 2 });
  for (const object of (await connection!.recv()).objects) object.close();
  await program.kill();
  await connection!.close();
  await listener.close();
}
