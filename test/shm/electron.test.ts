import { rmSync } from 'node:fs';
import { copyForElectron } from '../support/electron.js';
import { startFaulty } from '../support/faults.js';

let copy: ReturnType<typeof copyForElectron>;
beforeAll(() => (copy = copyForElectron()));
afterAll(() => rmSync(copy.folder, { recursive: true }));

test('where buffers over foreign memory are forbidden, bytes says so, and read and write copy', async () => {
  const program = startFaulty('shm-electron', { argument: { index: copy.index } });
  await program.next('done');
  await program.finish();
});
