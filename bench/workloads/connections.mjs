/** How long it takes to connect, exchange one message and close: one client after the other. */
import { echo } from './echo.mjs';
import { timed } from './timing.mjs';

/** @type {import('../types.js').Workload} */
export const connections = {
  name: 'connections',
  unit: 'µs per connection',
  pin: 'one',
  manyLinks: true,
  forms: ['callback'],
  rows: (quick) => (quick ? [] : [{ id: 'connections', title: 'Connect, one echo, close', size: 64 }]),
  serve: (link, { form }) => echo(link, form),
  measure: (context) =>
    timed(context, async (clients) => {
      for (let left = clients; left > 0; left -= 1) {
        const link = await context.connect();
        const answer = new Promise((resolve) => link.onMessage(resolve));
        void link.send(context.payload);
        await answer;
        await link.close?.();
      }
    }),
};
