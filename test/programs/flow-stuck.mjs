/** Sends for as long as it sleeps, and takes nothing; when it is woken, takes everything. Both ends of the channel run this. */
import { Endpoint, Listener } from '../../dist/index.js';
import { stamp, stampOf } from './stamped.mjs';
import { argument, commands, say } from './talk.mjs';

const { name, role, size, patience } = argument;
/** The number of the last message, which nothing follows. */
const LAST = 0xffffffff;

const channel = role === 'server' ? await firstClient() : await Endpoint.connect(name);
const payload = Buffer.alloc(size);
const accepted = [];
let tries = 0;
let isAwake = false;

say('connected');
const told = commands();
await told.next();
const sending = sendUntilAwake();
await told.next();
isAwake = true;
const received = await receiveAll();
await sending;
say('result', { accepted, received, tries });
await told.next();
process.exit();

async function sendUntilAwake() {
  for (; !isAwake; tries += 1) {
    // A call that gives up, and one that does not wait at all.
    if (await sends(tries * 2)) accepted.push(tries * 2);
    if (channel.trySend(stamp(payload, tries * 2 + 1))) accepted.push(tries * 2 + 1);
  }
  await channel.send(stamp(payload, LAST));
}

async function sends(number) {
  try {
    await channel.send(stamp(payload, number), { timeout: patience });
    return true;
  } catch (error) {
    if (error.code !== 'ETIMEDOUT') throw error;
    return false;
  }
}

async function receiveAll() {
  const numbers = [];
  for await (const message of channel) {
    const number = stampOf(message.payload);
    if (number === LAST) break;
    numbers.push(number);
  }
  return numbers;
}

async function firstClient() {
  const listener = await Listener.bind(name);
  say('listening');
  const { value } = await listener.connections().next();
  return value;
}
