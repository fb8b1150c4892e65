import { Listener } from 'gips';

import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';

test.each(['EPIPE', 'ECONNRESET'])(
  'sending when the system says %s is an error for the caller, now and later, and nothing worse',
  async (error) => {
    const listener = await Listener.bind(serviceName());
    const program = startFaulty('send-to-the-gone', { argument: { name: listener.name, faults: `sendmsg:${error}:every=1` } });
    for (const way of ['send', 'send twice', 'send large', 'trySend', 'sendSync']) {
      const gone = expect.stringMatching(/^(ECONNRESET|EPIPE)$/);
      expect([way, await program.next(way)]).toEqual([way, { first: gone, next: gone }]);
    }
    await program.next('closed');
    await program.finish();
    await listener.close();
  },
);
