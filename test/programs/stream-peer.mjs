/** One end of a channel that is used as a stream, in the way the test tells. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, Listener } from '../../dist/index.js';
import { digestOf } from './digest.mjs';
import './ring-news.mjs';
import { argument, commands, report, say } from './talk.mjs';

const { name, role, options } = argument;

const actions = {
  /** Reads until the end, and rests after every `rest` messages. Says when the first `announce` have come, and what all of them were. */
  read({ rest = Infinity, announce = Infinity }) {
    return report('read', () => pipeline(channel.toDuplex(), slowly(rest, announce), digestOf));
  },

  async readWeb() {
    await report('read', () => digestOf(channel.toWeb().readable));
  },

  write(file) {
    return report('written', () => pipeline(createReadStream(file), channel.toDuplex()));
  },

  async writeWeb(file) {
    const handle = await open(file);
    await report('written', () => handle.readableWebStream().pipeTo(channel.toWeb().writable));
    await handle.close();
  },

  /** Sends so many numbers, and says when the system has them. */
  async send(count) {
    for (let number = 0; number < count; number += 1) await channel.send(`${number}`);
    await channel.flush();
    say('sent');
  },

  /** Gives back what comes. */
  echo() {
    return report('echoed', async () => {
      const duplex = channel.toDuplex();
      await pipeline(duplex, duplex);
    });
  },

  async close() {
    await channel.close();
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

/**
 * @param {number} rest
 * @param {number} announce
 */
function slowly(rest, announce) {
  /** @param {AsyncIterable<unknown>} messages */
  return async function* (messages) {
    let count = 0;
    for await (const message of messages) {
      count += 1;
      if (count === announce) say('reading');
      if (count % rest === 0) await sleep(1);
      yield message;
    }
  };
}
