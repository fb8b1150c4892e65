import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import net from 'node:net';
import { Endpoint, IpcObject } from 'gips';
import { testOnPosix } from '../support/accounts.js';
import { eventually, within } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { Pipe } from '../support/pipe.js';
import { type Program, start } from '../support/processes.js';

let program: Program;
let endpoint: Endpoint;
let file: string;

beforeEach(async () => {
  file = socketPath('file');
  await (await open(file, 'w')).close();
  program = start('use-object', { argument: { name: serviceName(), file } });
  endpoint = keep(await Endpoint.connect(await program.next<string>('listening')));
});
afterEach(() => rmSync(file));

/** Has the program use objects of ours, which are closed here once they are sent. */
async function pass(use: string, ...objects: IpcObject[]): Promise<void> {
  await endpoint.send(use, { objects });
  for (const object of objects) object.close();
}

/** An object that writes to the file. */
function toFile(): IpcObject {
  const fd = openSync(file, 'w');
  const object = IpcObject.from({ fd });
  closeSync(fd);
  return object;
}

async function textOf(socket: net.Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

async function listen(): Promise<{ server: net.Server; connect: () => net.Socket }> {
  const server = keep(net.createServer()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  return { server, connect: () => keep(net.connect(port, '127.0.0.1')) };
}

testOnPosix('a pipe can be written to by the other process', async () => {
  const pipe = keep(new Pipe());
  await pass('write', IpcObject.from({ fd: pipe.fd }));
  await program.next('done');
  expect(pipe.drain()).toBe(`from ${program.pid}`);
});

testOnPosix('a pipe can be read from by the other process', async () => {
  const pipe = keep(new Pipe());
  pipe.write('what is in it');
  await pass('read', IpcObject.from({ fd: pipe.fd }));
  expect(await program.next('read')).toBe('what is in it');
});

test('a file handle can be written through, with one position for both', async () => {
  const handle = await open(file, 'w');
  await handle.write('we write, ');
  await pass('write', IpcObject.from(handle));
  await program.next('done');
  await handle.write(', we go on');
  await handle.close();
  expect(await readFile(file, 'utf8')).toBe(`we write, from ${program.pid}, we go on`);
});

testOnPosix('an accepted connection is carried on by the other process', async () => {
  const { server, connect } = await listen();
  const client = connect();
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  const object = IpcObject.from(accepted);
  accepted.destroy();
  await pass('go on with the connection', object);
  client.write('hello');
  expect(await within(textOf(client), 'the end of the connection')).toBe(`${program.pid} goes onhello, understood`);
});

testOnPosix('a listening server is served by the other process', async () => {
  const { server, connect } = await listen();
  const object = IpcObject.from(server);
  server.close();
  await pass('accept', object);
  await program.next('accepting');
  expect(await within(textOf(connect()), 'the end of the connection')).toBe(`welcome to ${program.pid}`);
});

test('several objects arrive in order with their message', async () => {
  const objects = [toFile(), toFile(), IpcObject.from({ fd: 0 })];
  await pass('tell the kinds', ...objects);
  expect(await program.next('kinds')).toEqual(objects.map(({ kind }) => kind));
});

test('an object of the other process is received open, and belongs to this one', async () => {
  await endpoint.send('send one');
  const message = await endpoint.recv();
  expect(message.text()).toBe('here you are');
  const object = keep(message.objects[0]!);
  expect(fstatSync(object.fd).ino).toBe(statSync(file).ino);
  await program.kill();
  writeSync(object.fd, 'still mine');
  expect(await readFile(file, 'utf8')).toBe('still mine');
});

test('what is sent is taken before the call returns: the sender may close its object at once', async () => {
  const object = toFile();
  const sent = endpoint.send('write', { objects: [object] });
  object.close();
  await sent;
  await eventually(() => expect(readFileSync(file, 'utf8')).toBe(`from ${program.pid}`));
});

test('a message of several packets carries objects too', async () => {
  await pass('write'.padEnd(300_000), toFile());
  await program.next('done');
  expect(await readFile(file, 'utf8')).toBe(`from ${program.pid}`);
});
