import { Shm } from 'gips';
import { errorLike } from '../support/errors.js';
import { connectPair } from '../support/pair.js';
import { start } from '../support/processes.js';

test.each([
  ['as it is', false],
  ['with garbage collected at each step', true],
])('every use of a region that is closed fails or finds nothing, %s', async (_how, collects) => {
  const program = start('shm-closed', { argument: { collects }, nodeOptions: ['--expose-gc'] });
  await program.next('done', 25_000);
  await program.finish();
});

test('a region that is closed cannot be sent, and one that was sent can be closed', async () => {
  const { endpoint, connection } = await connectPair();
  const shm = Shm.create(null, 10);
  const sending = endpoint.send('', { objects: [shm] });
  shm.close();
  await sending;
  await expect(endpoint.send('', { objects: [shm] })).rejects.toEqual(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  const received = (await connection.recv()).objects[0]!.toShm();
  expect(received.size).toBe(10);
  received.close();
});

test('the bytes of a region can be sent as payload, and it be closed', async () => {
  const { endpoint, connection } = await connectPair();
  const shm = Shm.create(null, 300_000);
  shm.bytes.fill(7);
  const sending = endpoint.send(shm.bytes);
  shm.close();
  await sending;
  const { payload } = await connection.recv();
  expect(payload.equals(Buffer.alloc(300_000, 7))).toBe(true);
});
