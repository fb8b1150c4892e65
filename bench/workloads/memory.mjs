/** What a connection costs the server while it is idle: growth of its resident user memory, after a collection, per connection. */
import { echo } from './echo.mjs';

const AT_ONCE = 64;
const WARMING = 100;

/** @type {import('../types.js').Workload} */
export const memory = {
  name: 'memory',
  unit: 'bytes of server memory per connection',
  pin: 'two',
  manyLinks: true,
  forms: ['callback'],
  rows: (quick) => [
    {
      id: 'memory',
      title: quick ? 'Memory at 1,000 connections' : 'Memory at 10,000 connections',
      size: 64,
      count: quick ? 1000 : 10_000,
      repetitions: quick ? 1 : 3,
    },
  ],
  serve: (link, { form }) => echo(link, form),
  async measure({ row, connect, server, payload }) {
    await open(WARMING, connect, payload);
    const before = await server();
    const clients = await open(row.count ?? 0, connect, payload);
    const after = await server();
    if (after.links !== before.links + clients) throw new Error(`the server has ${after.links - before.links} of ${clients} connections`);
    return {
      value: (after.anonymous - before.anonymous) / clients,
      notes: { connections: clients, 'server RSS, MiB': after.rss / 2 ** 20 },
    };
  },
};

/**
 * Each client exchanges a message, so that it is known to be served. Stops where descriptors run out.
 * @param {number} wanted
 * @param {() => Promise<import('../types.js').Link>} connect
 * @param {import('../types.js').Bytes} payload
 */
async function open(wanted, connect, payload) {
  let opened = 0;
  while (opened < wanted) {
    const some = Array.from({ length: Math.min(AT_ONCE, wanted - opened) }, async () => {
      const link = await connect();
      const answer = new Promise((resolve) => link.onMessage(resolve));
      void link.send(payload);
      await answer;
    });
    const results = await Promise.allSettled(some);
    const failed = results.find((result) => result.status === 'rejected');
    opened += results.filter((result) => result.status === 'fulfilled').length;
    if (failed === undefined) continue;
    if (!['EMFILE', 'ENFILE', 'EAGAIN'].includes(failed.reason.code)) throw failed.reason;
    break;
  }
  return opened;
}
