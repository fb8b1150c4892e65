import { existsSync, lstatSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { Endpoint, Listener } from 'gips';

import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { socketPath } from '../support/names.js';
import { type Program, start, testAsRoot } from '../support/processes.js';

const OWNER_ONLY = 0o600;

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o7777;
}

/** A process that has bound `name`, or says why it could not. */
async function bindElsewhere(name: string, options: object = {}): Promise<{ program: Program; outcome: unknown }> {
  const program = start('bind-and-leave', { argument: { name, ...options } });
  return { program, outcome: await program.next('bound') };
}

async function leave(program: Program, how: string): Promise<void> {
  program.tell(how);
  program.endInput();
  await program.finish();
}

/** What a server leaves behind that is killed. */
async function leaveStale(name: string): Promise<void> {
  const { program } = await bindElsewhere(name);
  await program.kill();
  expect(lstatSync(name).isSocket()).toBe(true);
}

async function expectService(listener: Listener): Promise<void> {
  const accepting = listener.accept();
  const endpoint = keep(await Endpoint.connect(listener.name));
  await endpoint.send('hello');
  expect((await accepting).message.text()).toBe('hello');
}

describe('the file of a socket', () => {
  test.each([0, 0o022, 0o077, 0o777])('is for its owner alone, whatever the mask (%i)', async (umask) => {
    const name = socketPath();
    const { program, outcome } = await bindElsewhere(name, { umask });
    expect(outcome).toBeNull();
    expect(lstatSync(name).isSocket()).toBe(true);
    expect(modeOf(name)).toBe(OWNER_ONLY);
    await leave(program, 'close');
  });

  test('is for its owner alone from the first moment', async () => {
    const watched = start('bind-watched', { argument: { name: socketPath(), rounds: 300 } });
    const seen = await watched.next<Record<string, number>>('seen', 20_000);
    expect(Object.keys(seen)).toEqual(['600']);
    await watched.finish();
  });

  test.each(['close', 'dispose', 'exit', 'end'])('is gone when its server ends by %s', async (how) => {
    const name = socketPath();
    const { program } = await bindElsewhere(name);
    await leave(program, how);
    expect(existsSync(name)).toBe(false);
  });

  test('is gone when its server exits with an error', async () => {
    const name = socketPath();
    const { program } = await bindElsewhere(name);
    program.tell('throw');
    expect(await program.exited).toEqual({ code: 3, signal: null });
    expect(existsSync(name)).toBe(false);
  });

  test('is gone as soon as close() resolves, and the name can be bound again', async () => {
    const name = socketPath();
    for (let time = 0; time < 3; time += 1) {
      const listener = await Listener.bind(name);
      await expectService(listener);
      await listener.close();
      expect(existsSync(name)).toBe(false);
    }
    await expect(Endpoint.connect(name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED', address: name }));
  });

  test('stays as long as its binder has it, though others who accept on it close', async () => {
    const name = socketPath();
    const listener = keep(await Listener.bind(name));
    const other = await Listener.from(listener.share());
    expect(other.name).toBe(name);
    await other.close();
    expect(existsSync(name)).toBe(true);
    await expectService(listener);
  });

  test('is left alone at close() if it is not the one that was bound', async () => {
    const name = socketPath();
    const listener = await Listener.bind(name);
    rmSync(name);
    writeFileSync(name, 'something else');
    await listener.close();
    expect(readFileSync(name, 'utf8')).toBe('something else');
    rmSync(name);
  });

  test("is left alone at close() if it is another listener's by now", async () => {
    const name = socketPath();
    const first = await Listener.bind(name);
    rmSync(name);
    const second = keep(await Listener.bind(name));
    await first.close();
    expect(existsSync(name)).toBe(true);
    await expectService(second);
  });

  test('that has gone already is no error at close()', async () => {
    const name = socketPath();
    const listener = await Listener.bind(name);
    rmSync(name);
    await listener.close();
  });
});

describe('what a killed server has left', () => {
  test('is nobody who listens', async () => {
    const name = socketPath();
    await leaveStale(name);
    await expect(Endpoint.connect(name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED', address: name }));
    expect(() => Endpoint.connectSync(name)).toThrow(errorLike({ code: 'ECONNREFUSED' }));
    rmSync(name);
  });

  test.each([
    ['bind()', (name: string) => Listener.bind(name)],
    ['bindSync()', (name: string) => Promise.resolve(Listener.bindSync(name))],
  ])('is taken over by %s', async (_, bind) => {
    const name = socketPath();
    await leaveStale(name);
    const listener = await bind(name);
    expect(modeOf(name)).toBe(OWNER_ONLY);
    await expectService(listener);
    await listener.close();
    expect(existsSync(name)).toBe(false);
  });

  test('is taken over by exactly one of ten processes at once', async () => {
    const name = socketPath();
    await leaveStale(name);
    const programs = Array.from({ length: 10 }, () => start('bind-and-leave', { argument: { name, waits: true } }));
    for (const program of programs) program.tell('go');
    const outcomes = await Promise.all(programs.map((program) => program.next<{ code: string } | null>('bound')));
    const codes = outcomes.map((outcome) => outcome?.code ?? 'bound').sort();
    expect(codes).toEqual([...Array.from({ length: 9 }, () => 'EADDRINUSE'), 'bound']);
    const winner = programs[outcomes.indexOf(null)]!;
    const endpoint = await Endpoint.connect(name);
    expect(endpoint.credentials.pid).toBe(winner.pid);
    endpoint.destroy();
    await leave(winner, 'close');
    expect(existsSync(name)).toBe(false);
  });

  testAsRoot("is not another user's to take over", async () => {
    const name = socketPath();
    await leaveStale(name);
    const stranger = start('bind-and-leave', { as: 'nobody', argument: { name } });
    expect(await stranger.next('bound')).toMatchObject({ code: expect.stringMatching(/^(EADDRINUSE|EACCES)$/) });
    expect(existsSync(name)).toBe(true);
    rmSync(name);
  });
});
