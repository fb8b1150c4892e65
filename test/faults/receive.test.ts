import { Listener } from 'gips';

import { numbered } from '../programs/numbered.mjs';
import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';

const COUNT = 5_000;

let listener: Listener;
beforeEach(async () => {
  listener = await Listener.bind(serviceName());
});
afterEach(() => listener.close());

/** Sends everything to a receiver whose system calls fail, and says goodbye. */
async function sendAll(faults: string, ways: { connects: string; receives: string }): Promise<unknown> {
  const program = startFaulty('receive-under-faults', { argument: { name: listener.name, faults, ...ways } });
  for await (const connection of listener.connections()) {
    for (let number = 0; number < COUNT; number++) await connection.send(numbered(number));
    await connection.close();
    break;
  }
  const received = await program.next('received');
  await program.finish();
  return received;
}

describe.each([
  { connects: 'connect', receives: 'recv' },
  { connects: 'connect', receives: 'recvSync' },
  { connects: 'connectSync', receives: 'recvSync' },
])('$receives() after $connects()', (ways) => {
  test.each(['EINTR:every=2', 'EINTR:first=100', 'EAGAIN:every=3', 'ECONNRESET:at=1', 'ECONNRESET:at=20', 'ECONNRESET:every=7'])(
    'gets every message once and in order, then the goodbye, though recvmsg fails with %s',
    async (fault) => {
      expect(await sendAll(`recvmsg:${fault}`, ways)).toEqual({ count: COUNT, firstOutOfOrder: null, end: 'EPIPE' });
    },
  );

  test('grants credit in spite of a shortage, so that the sender does not wait for ever', async () => {
    expect(await sendAll('sendmsg:ENOBUFS:every=2', ways)).toEqual({ count: COUNT, firstOutOfOrder: null, end: 'EPIPE' });
  });
});
