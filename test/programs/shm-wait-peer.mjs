/** Waits, notifies and counts in a region as it is told, without an end of its own. */
import { Shm } from 'gips';
import { argument, commands, report, say } from './talk.mjs';

const shm = Shm.open(argument.region);
const numbers = shm.view(Int32Array);

/** @type {Record<string, (data: any) => unknown>} */
const actions = {
  wait: ({ byteOffset, expected, timeout }) => report('waited', () => shm.wait(byteOffset, expected, { timeout })),
  waitSync: ({ byteOffset, expected, timeout }) => report('waited', () => shm.waitSync(byteOffset, expected, timeout)),
  notify: ({ byteOffset, count }) => report('notified', () => shm.notify(byteOffset, count)),
  add: ({ index, value, times }) => {
    for (let i = 0; i < times; i += 1) Atomics.add(numbers, index, value);
    say('added');
  },
};

say('ready');
for await (const [command, data] of commands()) void actions[command]?.(data);
