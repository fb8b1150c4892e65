/** Exposes methods until it is killed, and says what becomes of its streams. */
import { setTimeout as sleep } from 'node:timers/promises';
import { codecs, currentCall, expose, Listener } from '../../dist/index.js';
import { argument, commands, say } from './talk.mjs';

const { name, codec, options } = argument;
let made = 0;

const methods = {
  add: (a, b) => a + b,
  echo: (...args) => args,
  last: (...args) => args.at(-1),
  nothing() {},
  self() {
    return this === methods;
  },
  async later(value, ms) {
    await sleep(ms);
    return value;
  },
  fail(message) {
    throw Object.assign(new RangeError(message), { code: 'E_ASKED_FOR', secret: 'path' });
  },
  uncodable: () => () => {},
  caller: () => currentCall().credentials.pid,
  async hang() {
    const { signal } = currentCall();
    say('hangs');
    await sleep(1e6, undefined, { signal }).catch(() => say('aborted'));
  },
  async *count(limit) {
    try {
      for (let i = 0; i < limit; i++) {
        made += 1;
        yield i;
      }
    } finally {
      say('left', made);
      made = 0;
    }
  },
  async *endless(size) {
    const item = Buffer.alloc(size, 'x');
    for (;;) {
      made += 1;
      yield item;
    }
  },
  async *silent() {
    const { signal } = currentCall();
    yield 'first';
    try {
      await sleep(1e6, undefined, { signal });
    } finally {
      say('silence ended');
    }
  },
  async *failing(count) {
    for (let i = 0; i < count; i++) yield i;
    throw Object.assign(new RangeError('in the middle'), { code: 'E_ASKED_FOR' });
  },
  async *growing(count) {
    for (let i = 0; i < count; i++) yield i % 10 === 9 ? 1n : i;
  },
  async asyncStream(limit) {
    return methods.count(limit);
  },
  write(region, text, isKept) {
    region.write(text);
    if (isKept !== true) region.close();
  },
  writeAll({ regions, labels }) {
    for (const [key, region] of regions instanceof Map ? regions : Object.entries(regions)) {
      region.write(labels[key]);
      region.close();
    }
  },
  kinds: (...objects) =>
    objects.map((object) => {
      object.close();
      return object.constructor.name;
    }),
};

const listener = await Listener.bind(name);
const service = expose(listener, methods, { codec: codecs[codec], ...options });
say('listening');
for await (const [command, data] of commands()) {
  if (command === 'made') say('made', made);
  else if (command === 'pending') say('pending', service.pending);
  else if (command === 'close') {
    await service.close(data);
    say('closed');
  }
}
