/** One end of a channel that does what the test tells it, and takes nothing until it is told to. Its messages are those of stamped.mjs. */
import { Endpoint, Listener } from '../../dist/index.js';
import { stamped, stampOf } from './stamped.mjs';
import { argument, commands, say } from './talk.mjs';

const { name, role, options } = argument;

const actions = {
  /** Receives until the end, or so many messages. Says which, and what the end was. */
  async take({ count = Infinity }) {
    const numbers = [];
    let end = null;
    try {
      while (numbers.length < count) {
        const message = await channel.recv();
        for (const object of message.objects) object.close();
        numbers.push(stampOf(message.payload));
      }
    } catch ({ code }) {
      end = code;
    }
    say('taken', { numbers, end });
  },

  async send({ first = 0, count, size }) {
    for (let number = first; number < first + count; number += 1) await channel.send(stamped(number, size));
    say('sent');
  },

  /** Sends until nothing more is taken, and goes on with that message. Says how many had been accepted by then, and later that the last one is. */
  async fill({ size }) {
    let number = 0;
    while (channel.trySend(stamped(number, size))) number += 1;
    say('full', number);
    await channel.send(stamped(number, size));
    say('sent');
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
channel.closed.then((error) => say('ended', error?.code ?? null));
for await (const [command, data] of commands()) void actions[command](data ?? {});

async function firstClient() {
  listener = await Listener.bind(name, options);
  say('listening');
  const { value } = await listener.connections().next();
  return value;
}
