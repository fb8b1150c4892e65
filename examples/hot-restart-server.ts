/**
 * The servers of hot-restart.ts: `node hot-restart-server.js first|successor NAME`.
 *
 * A successor asks its predecessor, by a service of its own, for the listening handles, and serves with them at once: for a moment both accept.
 * Then the predecessor accepts no more, passes on its TCP conversations, and finishes with those clients that gips has connected to it.
 */
import { once } from 'node:events';
import net from 'node:net';
import { Endpoint, IpcObject, Listener, type Connection } from 'gips';

/** What has to go along with a TCP connection: all that this process knows of it. */
interface Conversation {
  /** Lines answered so far. */
  lines: number;
  /** The beginning of a line whose end has not come yet. */
  rest: string;
}

const DRAIN_MS = 10_000;

const [generation = 'first', name = ''] = process.argv.slice(2);
const connections = new Set<Connection>();
const conversations = new Map<net.Socket, Conversation>();
let isRetiring = false;

const { listener, server } = await (generation === 'first' ? begin() : succeed());
server.on('connection', (socket: net.Socket) => converse(socket, { lines: 0, rest: '' }));
void serve();
const control = await Listener.bind(`${name}.control`);
await tellTheNews();
process.stdin.resume().once('end', () => void stop());
await retire();

async function begin(): Promise<{ listener: Listener; server: net.Server }> {
  const listening = net.createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { listener: await Listener.bind(name), server: listening };
}

/** Takes over from the server there is. */
async function succeed(): Promise<{ listener: Listener; server: net.Server }> {
  const predecessor = await Endpoint.connect(`${name}.control`);
  await predecessor.send('I take over');
  const [forGips, forTcp] = (await predecessor.recv()).objects;
  if (forGips === undefined || forTcp === undefined) throw new Error('the predecessor has sent no handles');
  const handles = { listener: await Listener.from(forGips), server: forTcp.toServer() };
  say('accepts too now');
  await predecessor.send('I accept');
  for await (const { payload, objects } of predecessor) {
    const [socket] = objects;
    if (socket !== undefined) converse(socket.toSocket(), JSON.parse(payload.toString()) as Conversation);
  }
  // The predecessor has said goodbye: everything is here, and its name is free.
  await predecessor.close();
  return handles;
}

/** Waits for a successor, and leaves everything to it. */
async function retire(): Promise<void> {
  for await (const successor of control.connections()) {
    await successor.recv();
    const handles = [listener.share(), IpcObject.from(server)];
    await successor.send('the handles', { objects: handles });
    for (const handle of handles) handle.close();
    await successor.recv();

    // From now on the successor alone accepts; those who are here may stay until they have finished.
    server.close();
    const drained = leave();
    const count = conversations.size;
    for (const [socket, conversation] of conversations) await passOn(socket, conversation, successor);
    say(`has passed on ${count} TCP connections in the middle of their conversations`);
    await control.close();
    await drained;
    say('has finished with the last client');
    process.stdin.destroy();
  }
}

/** Accepts nobody any more, and asks those who are there to come again: they will meet the successor. */
async function leave(): Promise<void> {
  isRetiring = true;
  const drained = listener.close({ drain: DRAIN_MS });
  say(`accepts no more, and has ${connections.size} clients left`);
  for (const connection of connections) void connection.send('please come again').catch(() => undefined);
  await drained;
}

/** The command is at its end. */
async function stop(): Promise<void> {
  server.close();
  for (const socket of conversations.keys()) socket.destroy();
  await Promise.all([listener.close(), control.close()]);
}

async function serve(): Promise<void> {
  for await (const connection of listener.connections()) void answer(connection).catch(fail);
}

async function answer(connection: Connection): Promise<void> {
  connections.add(connection);
  // It was accepted just before the successor took over.
  if (isRetiring) await connection.reply('please come again');
  for await (const message of connection) await connection.reply(`${message.text()} ${process.pid}`);
  connections.delete(connection);
}

function converse(socket: net.Socket, conversation: Conversation): void {
  conversations.set(socket, conversation);
  socket.on('data', (chunk: Buffer) => {
    const lines = (conversation.rest + chunk.toString('latin1')).split('\n');
    conversation.rest = lines.pop() ?? '';
    for (const line of lines) socket.write(`${(conversation.lines += 1)} ${line} ${process.pid}\n`);
  });
  socket.on('close', () => conversations.delete(socket));
  socket.on('error', fail);
}

/** The connection goes on in the other process: what has been read is in `conversation`, what has not been read yet is read there. */
async function passOn(socket: net.Socket, conversation: Conversation, successor: Connection): Promise<void> {
  while (socket.writableLength > 0) await new Promise((resolve) => socket.write('', resolve));
  if (socket.destroyed || socket.readableEnded) return;
  const object = IpcObject.from(socket);
  await successor.send(JSON.stringify(conversation), { objects: [object] });
  object.close();
  // Not end(), which would end the connection for both.
  socket.destroy();
}

/** Tells the process that started this one that it serves, and where. */
async function tellTheNews(): Promise<void> {
  const { port } = server.address() as net.AddressInfo;
  say(`serves "${listener.name}" and port ${port}`);
  const endpoint = await Endpoint.connect(`${name}.news`);
  await endpoint.send(JSON.stringify({ server: process.pid, port }));
  await endpoint.close();
}

function fail(error: Error): void {
  say(`failed: ${error.message}`);
  process.exitCode = 1;
}

function say(text: string): void {
  console.log(`server ${process.pid}: ${text}`);
}
