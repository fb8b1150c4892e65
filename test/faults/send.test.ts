import { Listener } from 'gips';

import { tally } from '../programs/numbered.mjs';
import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';

let listener: Listener;
beforeEach(async () => {
  listener = await Listener.bind(serviceName());
});
afterEach(() => listener.close());

/** What the first client sends until it says goodbye. */
async function receiveAll(): ReturnType<typeof tally> {
  for await (const connection of listener.connections()) return tally(() => connection.recv());
  throw new Error('the listener has closed');
}

describe.each([
  { connects: 'connect', sends: 'send', count: 10_000 },
  { connects: 'connect', sends: 'sendSync', count: 2_000 },
  { connects: 'connectSync', sends: 'sendSync', count: 2_000 },
])('$sends() after $connects()', (ways) => {
  test.each(['EINTR:every=2', 'EAGAIN:every=3', 'ENOBUFS:every=3', 'ENOMEM:every=3', 'ETOOMANYREFS:every=3', 'ENOBUFS:first=20'])(
    'is delayed by sendmsg failing with %s, and every message arrives once and in order',
    async (fault) => {
      const argument = { name: listener.name, faults: `sendmsg:${fault}`, ...ways };
      const program = startFaulty('send-under-faults', { argument });
      const received = receiveAll();
      expect(await program.next('closed', 25_000)).toBeNull();
      await program.finish();
      expect(await received).toEqual({ count: ways.count, firstOutOfOrder: null, end: 'EPIPE' });
    },
  );
});
