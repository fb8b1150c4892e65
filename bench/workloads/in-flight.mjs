/** 64 echoes under way at any time: what a busy server of short questions does. */
import { mustEqual } from './bytes.mjs';
import { echo } from './echo.mjs';
import { timed } from './timing.mjs';

const IN_FLIGHT = 64;

/** @type {import('../types.js').Workload} */
export const inFlight = {
  name: 'in flight',
  unit: 'µs per echo',
  pin: 'two',
  forms: ['callback'],
  rows: () => [{ id: 'in-flight/64', title: '64 echoes in flight, 64 B', size: 64 }],
  serve: (link, { form }) => echo(link, form),
  async measure(context) {
    const { payload } = context;
    const link = await context.connect();
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
    return timed(
      context,
      (messages) =>
        new Promise((resolve) => {
          done = resolve;
          toSend = toCome = messages;
          for (let at = Math.min(IN_FLIGHT, messages); at > 0; at -= 1) sendOne();
        }),
    );
  },
};
