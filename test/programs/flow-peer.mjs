/** One end of a channel that does what the test tells it, and takes nothing until it is told to. Its messages are those of stamped.mjs. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, Listener } from '../../dist/index.js';
import { exchange } from './mixed.mjs';
import './ring-news.mjs';
import { stamped, stampOf } from './stamped.mjs';
import { argument, commands, say } from './talk.mjs';

const { name, role, options } = argument;

const actions = {
  /** Receives until the end, or so many messages, and rests after every `rest`. Says which, and what the end was. */
  async take({ count = Infinity, rest = Infinity }) {
    const numbers = [];
    let end = null;
    try {
      while (numbers.length < count) {
        const message = await channel.recv();
        for (const object of message.objects) object.close();
        if (numbers.push(stampOf(message.payload)) % rest === 0) await sleep(1);
      }
    } catch ({ code }) {
      end = code;
    }
    say('taken', { numbers, end });
  },

  /** Sends so many messages, and rests after every `rest`. Says when the system has them. */
  async send({ count, size, rest = Infinity }) {
    for (let number = 0; number < count; number += 1) {
      if (number % rest === 0) await sleep(1);
      await channel.send(stamped(number, size));
    }
    await channel.flush();
    say('sent');
  },

  /** Sends until nothing more is taken. Says how many messages were, sends one more, and says so when that is accepted. */
  async fill({ size }) {
    let number = 0;
    for (let refusals = 0; refusals < 3;) {
      if (channel.trySend(stamped(number, size))) {
        number += 1;
        refusals = 0;
      } else {
        refusals += 1;
        await nextTurn();
      }
    }
    say('full', number);
    await channel.send(stamped(number, size));
    say('sent');
  },

  /** Sends and receives so many messages of mixed.mjs. Says which was the first that was wrong. */
  async exchange(count) {
    say('exchanged', await exchange(channel, count));
  },

  /** Sends so many messages, and one of which not all can leave at once if `lastSize` says so, and is dead. */
  async die({ count, size, lastSize = 0 }) {
    for (let number = 0; number < count; number += 1) void channel.send(stamped(number, size));
    if (lastSize > 0) void channel.send(stamped(count, lastSize));
    void channel.flush();
    process.kill(process.pid, 'SIGKILL');
  },

  async close() {
    await channel.close();
    await listener?.close();
    say('closed');
  },
};

/** @type {Listener | undefined} */
let listener;
const channel = role === 'server' ? await firstClient() : await Endpoint.connect(name, options);
say('connected');
void channel.closed.then((error) => say('ended', error?.code ?? null));
for await (const [command, data] of commands()) void actions[command](data ?? {});

async function firstClient() {
  listener = await Listener.bind(name, options);
  say('listening');
  const { value } = await listener.connections().next();
  return value;
}
