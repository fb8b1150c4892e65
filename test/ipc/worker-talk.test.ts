import { NAME_KINDS, serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

test('a listener in one worker thread serves clients in others', async () => {
  const clients = 4;
  const messages = 1100;
  const program = start('worker-talk', { argument: { name: serviceName(), clients, messages } });
  for (let client = 0; client < clients; client += 1) expect(await program.next('answers')).toBe(messages);
  expect(await program.next('server exited')).toBe(0);
  await program.finish();
});

test.each(NAME_KINDS)('%s is taken for other worker threads too, until the one that bound it has ended', async (_, newName) => {
  const program = start('worker-rivals', { argument: { name: newName() } });
  expect(await program.next('first')).toBe('bound');
  expect(await program.next('second')).toBe('EADDRINUSE');
  expect(await program.next('third')).toBe('bound');
  await program.finish();
});
