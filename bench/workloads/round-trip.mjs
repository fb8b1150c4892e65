/** One message there and back, and then the next: latency. */
import { mustEqual } from './bytes.mjs';
import { echo } from './echo.mjs';
import { timed } from './timing.mjs';

/** @typedef {import('../types.js').Link} Link */
/** @typedef {import('../types.js').Bytes} Bytes */

/** @type {import('../types.js').Workload} */
export const roundTrip = {
  name: 'round trip',
  unit: 'µs per round trip',
  pin: 'one',
  forms: ['callback', 'await recv', 'for await'],
  rows: () => [
    { id: 'round-trip/64', title: 'Round trip, 64 B', size: 64 },
    { id: 'round-trip/4096', title: 'Round trip, 4 KiB', size: 4096 },
  ],
  serve: (link, { form }) => echo(link, form),
  async measure(context) {
    const link = await context.connect();
    const run = context.form === 'callback' ? calling(link, context.payload) : context.form === 'await recv' ? receiving : iterating;
    return timed(context, (messages) => run(messages, link, context.payload));
  },
};

/** Where both sides look for messages instead of sleeping. */
export const spinningRoundTrip = {
  ...roundTrip,
  name: 'spinning round trip',
  pin: /** @type {const} */ ('none'),
  forSpinning: true,
  rows: () => [{ id: 'spinning/64', title: 'Round trip, 64 B, both sides spinning on cores of their own', size: 64 }],
};

/** @param {Link} link @param {Bytes} payload @returns {(messages: number) => Promise<void>} */
function calling(link, payload) {
  let left = 0;
  /** @type {() => void} */
  let done;
  link.onMessage((bytes) => {
    left -= 1;
    if (left > 0) return void link.send(payload);
    mustEqual(bytes, payload);
    done();
  });
  return (messages) =>
    new Promise((resolve) => {
      left = messages;
      done = resolve;
      void link.send(payload);
    });
}

/** @param {number} messages @param {Link} link @param {Bytes} payload */
async function receiving(messages, link, payload) {
  for (let left = messages; left > 0; left -= 1) {
    await link.send(payload);
    const message = await link.receive?.();
    if (left === 1) mustEqual(message?.payload ?? '', payload);
  }
}

/** @param {number} messages @param {Link} link @param {Bytes} payload */
async function iterating(messages, link, payload) {
  let left = messages;
  await link.send(payload);
  for await (const message of link.messages?.() ?? []) {
    left -= 1;
    if (left === 0) return mustEqual(message.payload, payload);
    await link.send(payload);
  }
}
