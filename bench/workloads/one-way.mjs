/** Small messages one way, as many per turn as the peer takes: throughput. */
import { count, stream } from './stream.mjs';

/** @type {import('../types.js').Workload} */
export const oneWay = {
  name: 'one way',
  unit: 'µs per message',
  pin: 'two',
  forms: ['callback', 'for await', 'await send'],
  rows: () => [
    { id: 'one-way/64', title: 'One way, 64 B', size: 64 },
    { id: 'one-way/1024', title: 'One way, 1 KiB', size: 1024 },
    { id: 'one-way/65536', title: 'One way, 64 KiB', size: 65_536 },
  ],
  serve: (link, { form, payload: expected }) => count(link, form, expected),
  measure: (context) => stream(context),
};
