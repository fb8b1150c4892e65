import { Listener } from 'gips';

import { numbered } from '../programs/numbered.mjs';
import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';

interface End {
  count: number;
  firstOutOfOrder: { number: number; expected: number } | null;
  code: string;
}

const COUNT = 5_000;

/** Sends everything to the first client, and says goodbye. */
async function sendNumbers(listener: Listener): Promise<void> {
  for await (const connection of listener.connections()) {
    for (let number = 0; number < COUNT; number++) await connection.send(numbered(number));
    await connection.close();
    return;
  }
}

describe.each([
  { how: 'await recv()', isBlocking: false },
  { how: 'recvSync()', isBlocking: true },
])('$how', ({ isBlocking }) => {
  test.each(['EINTR:every=2', 'EAGAIN:every=3', 'ECONNRESET:at=1', 'ECONNRESET:at=20', 'ECONNRESET:every=7', 'EINTR:first=100'])(
    'gets every message once and in order, then the goodbye, though recvmsg fails with %s',
    async (fault) => {
      const listener = await Listener.bind(serviceName());
      const program = startFaulty('receive-under-faults', { argument: { name: listener.name, faults: `recvmsg:${fault}`, isBlocking } });
      await sendNumbers(listener);
      expect(await program.next<End>('end')).toEqual({ count: COUNT, firstOutOfOrder: null, code: 'EPIPE' });
      await program.finish();
      await listener.close();
    },
  );
});

test('credit is granted in spite of a shortage, so that the sender does not wait for ever', async () => {
  const listener = await Listener.bind(serviceName());
  const argument = { name: listener.name, faults: 'sendmsg:ENOBUFS:every=2', isBlocking: false };
  const program = startFaulty('receive-under-faults', { argument });
  await sendNumbers(listener);
  expect(await program.next<End>('end')).toMatchObject({ count: COUNT, firstOutOfOrder: null });
  await program.finish();
  await listener.close();
});
