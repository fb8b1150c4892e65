import { regionName } from '../support/names.js';
import { start } from '../support/processes.js';

test('a worker thread that is terminated leaves nothing of its regions behind, whatever it does with them', async () => {
  const program = start('shm-workers', { argument: { name: regionName() }, nodeOptions: ['--expose-gc'] });
  const left = await program.next<Record<string, string[]>>('left', 60_000);
  expect(Object.keys(left)).toHaveLength(22);
  for (const [state, leftovers] of Object.entries(left)) expect({ state, leftovers }).toEqual({ state, leftovers: [] });
  await program.finish();
}, 90_000);
