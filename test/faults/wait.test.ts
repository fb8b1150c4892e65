import { startFaulty } from '../support/faults.js';
import { start } from '../support/processes.js';

test.each([
  ['wait', 'pthread_create:EAGAIN:first=1', 'timed-out'],
  ['waitSync', 'pthread_create:EAGAIN:first=1', 'timed-out'],
  ['new ShmMutex', 'pthread_create:EAGAIN:first=1', false],
  ['new ShmMutex', 'mremap:ENOMEM:first=1', false],
  ['lock', 'pthread_create:EAGAIN:first=1', { code: 'ETIMEDOUT', message: expect.any(String) as string }],
])('%s fails with %s, and does not when that is over', async (what, faults, good) => {
  const program = startFaulty('shm-wait-under-faults', { argument: { what, faults } });
  expect(await program.next('faulty')).toMatchObject({ code: 'EAGAIN' });
  expect(await program.next('good')).toEqual(good);
  await program.finish();
});

test('waits end in every way they can', async () => {
  const program = start('shm-wait-ways');
  expect(await program.next('problems')).toEqual([]);
  await program.finish();
});

test('the same on a kernel that cannot wait for two words at once', async () => {
  const program = startFaulty('shm-wait-ways', { env: { FAULTS: 'futex_waitv:ENOSYS:every=1' } });
  expect(await program.next('problems')).toEqual([]);
  await program.finish();
});
