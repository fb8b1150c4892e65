import { Listener } from 'gips';

import { numberOf } from '../programs/numbered.mjs';
import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';

/** The numbers of the messages that one client sends until it says goodbye. */
async function receiveNumbers(listener: Listener): Promise<number[]> {
  const numbers: number[] = [];
  for await (const connection of listener.connections()) {
    for await (const message of connection) {
      numbers.push(numberOf(message.payload));
      for (const object of message.objects) object.close();
    }
    break;
  }
  return numbers;
}

describe.each([
  { how: 'await send()', isBlocking: false, count: 10_000 },
  { how: 'sendSync()', isBlocking: true, count: 2_000 },
])('$how', ({ isBlocking, count }) => {
  test.each(['EINTR:every=2', 'EAGAIN:every=3', 'ENOBUFS:every=3', 'ENOMEM:every=3', 'ETOOMANYREFS:every=3', 'ENOBUFS:first=20'])(
    'is delayed by sendmsg failing with %s, and every message arrives once and in order',
    async (fault) => {
      const listener = await Listener.bind(serviceName());
      const argument = { name: listener.name, faults: `sendmsg:${fault}`, count, isBlocking };
      const program = startFaulty('send-under-faults', { argument });
      const numbers = await receiveNumbers(listener);
      expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
      expect(await program.next('closed')).toBeNull();
      await program.finish();
      await listener.close();
    },
  );
});
