import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '../support/processes.js';

test('signals neither end a poll early nor keep it from ending', async () => {
  const timeout = 1000;
  const program = start('poll-under-signals', { argument: { timeout } });
  await program.next('polling');
  let isDone = false;
  const result = program.next<{ count: number; elapsed: number; handled: number }>('done').finally(() => (isDone = true));
  // As long as it takes: a poll that began its wait anew after each of them would never end.
  while (!isDone) {
    program.signal('SIGUSR2');
    await sleep(15);
  }
  const { count, elapsed, handled } = await result;
  expect(count).toBe(0);
  expect(elapsed).toBeGreaterThanOrEqual(timeout);
  expect(handled).toBeGreaterThan(0);
  await program.finish();
});
