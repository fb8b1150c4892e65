import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import net from 'node:net';
import { Endpoint, IpcObject } from 'gips';
import { within } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { type Program, start } from '../support/processes.js';

type Target = { port: number; host: string } | { path: string };

const TARGETS: [string, () => Target][] = [
  ['TCP', () => ({ port: 0, host: '127.0.0.1' })],
  ['a socket file', () => ({ path: socketPath('stream') })],
];

/** How many bytes the first process has read before it passes the connection on. */
const ENOUGH = 20_000;
const LINES = 30_000;

async function startReceiver(): Promise<{ receiver: Program; to: string }> {
  const to = serviceName('receiver');
  const receiver = start('carry-on', { argument: { name: to } });
  await receiver.next('ready');
  return { receiver, to };
}

function connectTo(address: net.AddressInfo | string): net.Socket {
  return keep(typeof address === 'string' ? net.connect(address) : net.connect(address.port, address.address));
}

async function textOf(socket: net.Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

/** Writes numbered lines, some at a time, without a pause in between that anybody could wait for. */
/** @param isPassed what the last lines wait for, so that there are some for the receiver */
async function writeLines(socket: net.Socket, isPassed: Promise<unknown>): Promise<string> {
  let all = '';
  for (let line = 0; line < LINES; line += 100) {
    if (line === LINES - 100) await isPassed;
    const text = Array.from({ length: 100 }, (_, index) => `${line + index}\n`).join('');
    all += text;
    if (!socket.write(text)) await once(socket, 'drain');
    await new Promise(setImmediate);
  }
  socket.end();
  return all;
}

describe.each(TARGETS)('over %s, a connection', (_, newTarget) => {
  test.each([
    'in its "data" event',
    'between two events',
    'that is accepted with pauseOnConnect',
    'that is paused, after what had been read was taken from it',
  ])('that is passed on %s carries on, and each byte arrives once and in order', async (way) => {
    const { receiver, to } = await startReceiver();
    const sender = start('pass-socket', { argument: { to, target: newTarget(), way, enough: ENOUGH } });
    const client = connectTo(await sender.next<net.AddressInfo | string>('listening'));
    const answer = textOf(client);
    const taken = sender.next<string>('read');
    const sent = await writeLines(client, taken);
    const [before, after] = [await taken, await receiver.next<string>('read')];
    if (way.includes('paused,')) expect(await sender.next('refused')).toBe('ERR_INVALID_ARG_VALUE');
    expect(before.length > 0).toBe(!way.includes('pauseOnConnect'));
    expect(after.length).toBeGreaterThan(0);
    expect(before + after === sent).toBe(true);
    expect(await within(answer, 'the answer')).toBe(`${after.length} from ${receiver.pid}`);
    await sender.finish();
    await receiver.finish();
  });
});

describe.each(TARGETS)('over %s, a listening server', (_, newTarget) => {
  test('that is passed on refuses nobody meanwhile', async () => {
    const { receiver, to } = await startReceiver();
    const sender = start('pass-server', { argument: { to, target: newTarget() } });
    const address = await sender.next<net.AddressInfo | string>('listening');
    const ask = (): Promise<string> => within(textOf(connectTo(address)), 'a welcome');
    expect(await ask()).toBe(`welcome to ${sender.pid}`);
    sender.tell('pass it on');
    let isOver = false;
    void sender.exited.then(() => (isOver = true));
    for (let answer = ''; !isOver || !answer.endsWith(String(receiver.pid));) {
      const answers = await Promise.all([ask(), ask(), ask(), ask()]);
      for (answer of answers) expect([`welcome to ${sender.pid}`, `welcome to ${receiver.pid}`]).toContain(answer);
    }
    await sender.finish();
    const endpoint = keep(await Endpoint.connect(to));
    await endpoint.send('enough');
    await receiver.finish();
    if (typeof address === 'string') rmSync(address, { force: true });
  });
});

test('a file that is passed on by its descriptor has one position for both processes', async () => {
  const path = socketPath('file');
  const handle = await open(path, 'w+');
  const name = serviceName();
  const reader = start('use-object', { argument: { name } });
  const endpoint = keep(await Endpoint.connect(await reader.next<string>('listening')));
  await handle.write(`${'a'.repeat(100)}${'b'.repeat(100)}`, 0);
  const object = IpcObject.from({ fd: handle.fd });
  await endpoint.send('read', { objects: [object] });
  object.close();
  expect(await reader.next('read')).toBe('a'.repeat(100));
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(200), 0, 200, null);
  expect(buffer.toString('utf8', 0, bytesRead)).toBe('b'.repeat(100));
  await handle.close();
  rmSync(path);
});
