import { start } from '../support/processes.js';

/** Node 20 has it behind a flag of the engine. */
const nodeOptions = 'transfer' in ArrayBuffer.prototype ? ['--expose-gc'] : ['--expose-gc', '--harmony-rab-gsab-transfer'];

test.each([
  'structuredClone',
  'postMessage to a worker',
  'a stream of bytes',
  'a buffer to be read into',
  'ArrayBuffer.prototype.transfer',
  'transfer, and postMessage to a worker that is terminated',
])('memory given away by %s never faults, though its region be closed', async (transfer) => {
  const program = start('shm-transferred', { argument: { transfer }, nodeOptions });
  await program.next('done');
  await program.finish();
});

test.each([
  ['still open', false],
  ['closed', true],
])('memory of a region that is %s, given away by a worker thread, outlives that thread', async (_how, closes) => {
  const program = start('shm-given-by-worker', { argument: { closes }, nodeOptions });
  await program.next('done');
  await program.finish();
});
