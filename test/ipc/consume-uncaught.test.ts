import { type Connection, Listener } from 'gips';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { type Program, start } from '../support/processes.js';

interface Subscriber {
  throwAt?: string;
  /** It goes on after an uncaught exception. */
  catches?: boolean;
  events?: string[];
}

async function subscriber({ throwAt, catches = false, events = [] }: Subscriber): Promise<{ program: Program; connection: Connection }> {
  const listener = keep(await Listener.bind(serviceName()));
  const program = start('subscribe', { argument: { name: listener.name, throwAt, catches, events } });
  const connection = await firstClient(listener);
  await program.next('subscribed');
  return { program, connection };
}

test('a subscriber that throws loses no other message, and what it throws is an uncaught exception', async () => {
  const { program, connection } = await subscriber({ throwAt: 'b', catches: true, events: ['close'] });
  for (const text of ['a', 'b', 'c', 'd']) await connection.send(text);
  for (const text of ['a', 'b', 'c', 'd']) expect(await program.next('message')).toBe(text);
  expect(await program.next('uncaught')).toEqual({ message: 'cannot take b' });
  await connection.close();
  expect(await program.next('close')).toBeNull();
  await program.finish();
});

test('a subscriber that throws ends a process that catches nothing', async () => {
  const { program, connection } = await subscriber({ throwAt: 'a' });
  await connection.send('a');
  expect(await program.exited).toMatchObject({ code: 1 });
  expect(program.stderr).toContain('cannot take a');
});

describe("the peer's crash, on a channel consumed by 'message',", () => {
  test("is an uncaught exception if nobody subscribes to 'error'", async () => {
    const { program, connection } = await subscriber({});
    await connection.send('the last one');
    await connection.flush();
    connection.destroy();
    expect(await program.exited).toMatchObject({ code: 1 });
    expect(await program.next('message')).toBe('the last one');
    expect(program.stderr).toContain('ECONNRESET');
  });

  test("is an 'error' for those who subscribe to it, once, and 'close' follows", async () => {
    const { program, connection } = await subscriber({ events: ['error', 'close'] });
    connection.destroy();
    expect(await program.next('error')).toBe('ECONNRESET');
    expect(await program.next('close')).toBe('ECONNRESET');
    await program.finish();
    await expect(program.next('error')).rejects.toThrow('did not say');
    await expect(program.next('close')).rejects.toThrow('did not say');
  });
});

test("the peer's goodbye is no error: 'close' tells of it", async () => {
  const { program, connection } = await subscriber({ events: ['error', 'close'] });
  await connection.close();
  expect(await program.next('close')).toBeNull();
  await program.finish();
  await expect(program.next('error')).rejects.toThrow('did not say');
});
