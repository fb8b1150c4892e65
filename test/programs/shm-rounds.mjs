/** One side of many rounds in which a region is created, sent, used and closed. Says what it has left at the end. */
import { Endpoint, Listener, Shm } from '../../dist/index.js';
import { collectUntil, largeMappings, leftovers } from './shm-leftovers.mjs';
import { argument, say } from './talk.mjs';

const MEBIBYTE = 1024 * 1024;
const { role, name, rounds } = argument;

const listener = role === 'sender' ? undefined : await Listener.bind(name);
const channel = listener === undefined ? await Endpoint.connect(name) : await accept();
await round(0);
const before = largeMappings(MEBIBYTE);
for (let i = 1; i < rounds; i += 1) await round(i);
await collectUntil(() => leftovers().length === 0 && largeMappings(MEBIBYTE) < before + 20);
say('left', leftovers());
say('grown', largeMappings(MEBIBYTE) - before);
await channel.close();
await listener?.close();

async function accept() {
  say('listening');
  const { value } = await listener.connections().next();
  return value;
}

async function round(i) {
  if (role === 'sender') await send(i);
  else await receive(i);
}

async function send(i) {
  const shm = Shm.create(null, MEBIBYTE);
  shm.write(`round ${i}`);
  await channel.send('', { objects: [shm, shm.toObject()] });
  const answer = await channel.recv();
  if (shm.read(100, 8).toString() !== 'answered') throw new Error(`round ${i}: ${answer.text()}`);
  // Every fourth is left to the garbage collector, and some have never been looked at.
  if (i % 4 !== 0) shm.close();
}

async function receive(i) {
  const { objects } = await channel.recv();
  const [one, other] = objects.map((object) => object.toShm());
  if (i % 2 === 0) one.bytes[0] += 0;
  const text = one.read(0, 10).toString().split('\0', 1)[0];
  other.write('answered', 100);
  await channel.send(text);
  one.close();
  if (i % 4 !== 0) other.close();
}
