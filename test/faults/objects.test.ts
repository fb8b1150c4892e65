import { closeSync, openSync } from 'node:fs';

import { type Connection, IpcObject, Listener } from 'gips';

import { startFaulty } from '../support/faults.js';
import { serviceName } from '../support/names.js';
import type { Program } from '../support/processes.js';

let listener: Listener;
let object: IpcObject;
beforeEach(async () => {
  listener = await Listener.bind(serviceName());
  const fd = openSync('/dev/null', 'r');
  object = IpcObject.from({ fd });
  closeSync(fd);
});
afterEach(async () => {
  object.close();
  await listener.close();
});

async function startClient(does: 'send' | 'receive', count: number, faults: string): Promise<{ program: Program; connection: Connection }> {
  const program = startFaulty('objects-under-faults', { argument: { name: listener.name, does, count, faults } });
  for await (const connection of listener.connections()) return { program, connection };
  throw new Error('the listener has closed');
}

test('a message whose objects cannot be duplicated is refused as EAGAIN, and the channel lives on', async () => {
  const { program, connection } = await startClient('send', 3, 'fcntl:EMFILE:at=5');
  expect(await program.next('outcomes')).toEqual(['sent', 'EAGAIN', 'sent']);
  expect(await program.next('left')).toBe(0);
  for (const expected of ['message 0', 'message 2']) {
    const message = await connection.recv();
    expect(message.text()).toBe(expected);
    expect(message.objects).toHaveLength(3);
    for (const received of message.objects) received.close();
  }
  await expect(connection.recv()).rejects.toMatchObject({ code: 'EPIPE' });
  await program.finish();
});

test.each([
  { kind: 'small', size: 9 },
  { kind: 'large', size: 100_000 },
])('a $kind message whose objects could not be received is an error in its place, and nothing else is lost', async ({ size }) => {
  const { program, connection } = await startClient('receive', 5, 'scm_rights:EMFILE:at=2,scm_rights:EMFILE:at=3');
  for (let i = 0; i < 5; i++) {
    const payload = Buffer.alloc(size);
    payload.write(`message ${i}`);
    // One of the lost ones loses its only object, the other all but one of three.
    await connection.send(payload, { objects: i === 1 ? [object] : [object, object, object] });
  }
  const received = (i: number): string => `message ${i} of ${size} bytes with 3 objects`;
  const lost = 'EAGAIN';
  expect(await program.next('outcomes')).toEqual([received(0), lost, lost, received(3), received(4)]);
  expect(await program.next('left')).toBe(0);
  await program.finish();
});

test('what was lost gives its credit back', async () => {
  const count = 600;
  const { program, connection } = await startClient('receive', count, 'scm_rights:EMFILE:every=1');
  // Each costs 3 x 4096 and more: several windows of 1 MiB together.
  for (let i = 0; i < count; i++) await connection.send(`message ${i}`, { objects: [object, object, object] });
  expect(new Set(await program.next<string[]>('outcomes'))).toEqual(new Set(['EAGAIN']));
  await program.finish();
});

test('a receiver that has no room for memory shared with it gets large messages all the same', async () => {
  const { program, connection } = await startClient('receive', 5, 'scm_rights:EMFILE:at=1');
  const size = 200_000;
  for (let i = 0; i < 5; i++) await connection.send(Buffer.alloc(size).fill(`message ${i}`, 0, 9));
  expect(await program.next('outcomes')).toEqual([0, 1, 2, 3, 4].map((i) => `message ${i} of ${size} bytes with 0 objects`));
  expect(await program.next('left')).toBe(0);
  await program.finish();
});
