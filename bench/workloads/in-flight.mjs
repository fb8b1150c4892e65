/** 64 echoes under way at any time: what a busy server of short questions does. Where a library has requests, by them too. */
import { mustEqual } from './bytes.mjs';
import { echo } from './echo.mjs';
import { timed } from './timing.mjs';

/** @typedef {import('../types.js').Link} Link */
/** @typedef {import('../types.js').Bytes} Bytes */

const IN_FLIGHT = 64;

/** @type {import('../types.js').Workload} */
export const inFlight = {
  name: 'in flight',
  unit: 'µs per echo',
  pin: 'two',
  forms: ['callback', 'request'],
  rows: () => [{ id: 'in-flight/64', title: '64 echoes in flight, 64 B', size: 64 }],
  serve: (link, { form }) => echo(link, form),
  async measure(context) {
    const link = await context.connect();
    return timed(context, context.form === 'request' ? asking(link, context.payload) : calling(link, context.payload));
  },
};

/** @param {Link} link @param {Bytes} payload @returns {(messages: number) => Promise<void>} */
function calling(link, payload) {
  let toSend = 0;
  let toCome = 0;
  /** @type {() => void} */
  let done;
  const sendOne = () => {
    toSend -= 1;
    void link.send(payload);
  };
  link.onMessage((bytes) => {
    toCome -= 1;
    if (toSend > 0) return sendOne();
    if (toCome > 0) return;
    mustEqual(bytes, payload);
    done();
  });
  return (messages) =>
    new Promise((resolve) => {
      done = resolve;
      toSend = toCome = messages;
      for (let at = Math.min(IN_FLIGHT, messages); at > 0; at -= 1) sendOne();
    });
}

/** @param {Link} link @param {Bytes} payload @returns {(messages: number) => Promise<void>} */
function asking(link, payload) {
  return async (messages) => {
    let toAsk = messages;
    const ask = async () => {
      while (toAsk > 0) {
        toAsk -= 1;
        const answer = await link.request?.(payload);
        if (toAsk === 0) mustEqual(answer?.payload ?? '', payload);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, ask));
  };
}
