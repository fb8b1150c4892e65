/** Listening on sockets that systemd, or somebody like it, has opened. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Endpoint, Listener } from 'gips';

import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { Manager } from '../support/manager.js';
import { knock } from '../support/door.js';
import { serviceName, socketPath } from '../support/names.js';
import { type Program, start, testAsRoot } from '../support/processes.js';
import { track } from '../support/running.js';

const LAUNCHER = fileURLToPath(new URL('../programs/activate.py', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../examples/systemd/echo.mjs', import.meta.url));

type Socket = [type: 'seqpacket' | 'stream' | 'dgram' | 'file', address: string | null, listens: boolean];
interface Attempt {
  name?: string;
  options?: object;
}

/** A program that is started with these sockets, and tries to listen. */
function activate(
  sockets: Socket[],
  attempts: Attempt[],
  environment: Record<string, string | null> = {},
  worker: Attempt[] = [],
): Program {
  const passed = { LISTEN_PID: 'pid', LISTEN_FDS: `${sockets.length}`, LISTEN_FDNAMES: null, ...environment };
  const spec = JSON.stringify({ sockets, environment: passed });
  return start('activated', { argument: { attempts, worker }, through: ['python3', LAUNCHER, spec] });
}

function listening(label?: string): [address: string, socket: Socket] {
  const name = serviceName(label);
  return [name, ['seqpacket', `@${name}`, true]];
}

async function expectEcho(name: string): Promise<void> {
  const endpoint = keep(await Endpoint.connect(name, { wait: true, timeout: 20_000 }));
  await endpoint.send('hello');
  expect((await endpoint.recv({ timeout: 20_000 })).text()).toBe('hello');
  await endpoint.close();
}

async function end(program: Program): Promise<void> {
  program.tell('close');
  await program.next('closed');
  program.endInput();
  await program.finish();
}

const failure = (code: string, message: string): unknown => ({ code, message: expect.stringContaining(message) });

describe('the only socket', () => {
  test('is taken without a name, closed on exec, and freed when the listener closes', async () => {
    const [name, socket] = listening();
    const program = activate([socket], [{}]);
    expect(await program.next('attempt')).toBe(name);
    await expectEcho(name);
    expect(readFileSync(`/proc/${program.pid}/fdinfo/3`, 'latin1')).toMatch(/^flags:\s+02\d{6}$/m);
    await end(program);
    await expect(Endpoint.connect(name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED' }));
  });

  test('keeps its file when the listener closes', async () => {
    const name = socketPath();
    const program = activate([['seqpacket', name, true]], [{}]);
    expect(await program.next('attempt')).toBe(name);
    await expectEcho(name);
    await end(program);
    expect(existsSync(name)).toBe(true);
    rmSync(name);
  });

  test('can be taken once, in whichever thread', async () => {
    const [name, socket] = listening();
    const program = activate([socket], [{}, {}], {}, [{}]);
    expect(await program.next('attempt')).toBe(name);
    for (let time = 0; time < 2; time += 1) expect(await program.next('attempt')).toEqual(failure('ERR_GIPS_BUSY', 'share()'));
    await expectEcho(name);
    await end(program);
  });

  test('is not taken by a call with bad arguments', async () => {
    const [name, socket] = listening();
    const program = activate([socket], [{ options: { backlog: 'long' } }, { name: 5 as never }, {}]);
    expect(await program.next('attempt')).toEqual(failure('ERR_INVALID_ARG_TYPE', 'options.backlog'));
    expect(await program.next('attempt')).toEqual(failure('ERR_INVALID_ARG_TYPE', '"name"'));
    expect(await program.next('attempt')).toBe(name);
    await end(program);
  });

  testAsRoot('is for clients of the same user, unless there is another policy', async () => {
    const [name, socket] = listening();
    const program = activate([socket], [{}]);
    await program.next('attempt');
    expect(await knock(name, { as: 'nobody' }).next('outcome')).toMatchObject({ code: 'EACCES' });
    await end(program);
  });
});

describe('several sockets', () => {
  test('are told apart by their names', async () => {
    const [first, firstSocket] = listening('first');
    const [second, secondSocket] = listening('second');
    const names = { LISTEN_FDNAMES: 'one:two' };
    const program = activate([firstSocket, secondSocket], [{ name: 'two' }, { name: 'three' }, {}, { name: 'one' }], names);
    expect(await program.next('attempt')).toBe(second);
    expect(await program.next('attempt')).toEqual(failure('ENOENT', '"one" (descriptor 3), "two" (descriptor 4)'));
    expect(await program.next('attempt')).toEqual(failure('EINVAL', '"one" (descriptor 3), "two" (descriptor 4)'));
    expect(await program.next('attempt')).toBe(first);
    await expectEcho(first);
    await expectEcho(second);
    await end(program);
  });

  test('of one name are given one by one', async () => {
    const [first, firstSocket] = listening('first');
    const [second, secondSocket] = listening('second');
    const same = { name: 'same' };
    const program = activate([firstSocket, secondSocket], [same, same, same], { LISTEN_FDNAMES: 'same:same' });
    expect(await program.next('attempt')).toBe(first);
    expect(await program.next('attempt')).toBe(second);
    expect(await program.next('attempt')).toEqual(failure('ERR_GIPS_BUSY', '"same"'));
    await end(program);
  });

  test('without names are called "unknown"', async () => {
    const [first, firstSocket] = listening('first');
    const program = activate([firstSocket, listening('second')[1]], [{ name: 'unknown' }]);
    expect(await program.next('attempt')).toBe(first);
    await end(program);
  });
});

describe('there is nothing to listen on', () => {
  test.each([
    ['without systemd', { LISTEN_PID: null, LISTEN_FDS: null }, 'LISTEN_PID and LISTEN_FDS are not set'],
    ['if the sockets are for another process', { LISTEN_PID: '1' }, 'they are for process 1'],
    ['if their number is 0', { LISTEN_FDS: '0' }, 'LISTEN_FDS is "0"'],
    ['if their number is none', { LISTEN_FDS: 'two' }, 'LISTEN_FDS is "two"'],
    ['if their number is absurd', { LISTEN_FDS: '99999999999' }, 'LISTEN_FDS is "99999999999"'],
  ])('%s', async (_, environment, message) => {
    const program = activate([listening()[1]], [{}, { name: 'one' }], environment);
    expect(await program.next('attempt')).toEqual(failure('ENOENT', message));
    expect(await program.next('attempt')).toEqual(failure('ENOENT', message));
    program.endInput();
    await program.finish();
  });

  test.each([
    ['a stream socket', ['stream', `@${serviceName()}`, true], 'of type "stream-listener"'],
    ['a datagram socket', ['dgram', `@${serviceName()}`, false], 'of type "dgram"'],
    ['a socket that does not listen', ['seqpacket', `@${serviceName()}`, false], 'of type "seqpacket"'],
    ['something that is no socket', ['file', null, false], 'of type "other"'],
  ] as [string, Socket, string][])('on %s, which stays as it was', async (_, socket, message) => {
    const program = activate([socket], [{}, {}]);
    for (let time = 0; time < 2; time += 1) expect(await program.next('attempt')).toEqual(failure('EINVAL', message));
    expect(existsSync(`/proc/${program.pid}/fd/3`)).toBe(true);
    program.endInput();
    await program.finish();
  });

  test('on a descriptor that is not open', async () => {
    const program = activate([], [{ name: 'ghost' }], { LISTEN_FDS: '200', LISTEN_FDNAMES: `${':'.repeat(199)}ghost` });
    expect(await program.next('attempt')).toEqual(failure('EINVAL', 'descriptor 202, which was passed to this process: it is not open'));
    program.endInput();
    await program.finish();
  });

  test('in a process that was started in the usual way', async () => {
    await expect(Listener.fromActivation()).rejects.toThrow(errorLike({ code: 'ENOENT' }));
  });
});

const isInstalled = spawnSync('systemd-socket-activate', ['--version']).status === 0;
const describeInstalled = isInstalled ? describe : describe.skip;

describeInstalled(`systemd-socket-activate${isInstalled ? '' : ' (not installed: Debian package systemd)'}`, () => {
  const tool = (address: string, ...options: string[]): string[] => [
    'systemd-socket-activate',
    '--seqpacket',
    `--listen=${address}`,
    ...options,
    // It passes on nothing else; those of the sanitizers have to come along.
    ...['GIPS_TEST_OWNER', 'NOTIFY_SOCKET', 'LD_PRELOAD', 'ASAN_OPTIONS', 'UBSAN_OPTIONS'].map((name) => `--setenv=${name}`),
  ];

  test.each([
    ['an abstract name', serviceName, (name: string) => `@${name}`],
    ['a socket file', socketPath, (name: string) => name],
  ])('starts a server at its first client, on %s', async (_, newName, addressOf) => {
    const name = newName();
    const program = start('activated', { argument: { attempts: [{}] }, through: tool(addressOf(name)) });
    await expectEcho(name);
    expect(await program.next('attempt')).toBe(name);
    expect(await program.next('notified')).toBe(false);
    await expectEcho(name);
    await end(program);
    expect(existsSync(name)).toBe(name.startsWith('/'));
    rmSync(name, { force: true });
  });

  test('names its sockets', async () => {
    const first = serviceName('first');
    const second = serviceName('second');
    const through = tool(`@${first}`, `--listen=@${second}`, '--fdname=one:two');
    const program = start('activated', { argument: { attempts: [{ name: 'two' }, { name: 'one' }] }, through });
    await expectEcho(first);
    await expectEcho(second);
    expect([await program.next('attempt'), await program.next('attempt')]).toEqual([second, first]);
    await end(program);
  });

  test('starts the example, which tells that it is ready', async () => {
    const address = `@${serviceName('manager')}`;
    const manager = await Manager.start(address);
    const name = serviceName();
    const [command, ...args] = [...tool(`@${name}`), process.execPath, EXAMPLE];
    track(spawn(command, args, { env: { ...process.env, NOTIFY_SOCKET: address }, stdio: 'ignore' }));
    await expectEcho(name);
    expect(await manager.told()).toMatch(/^READY=1$/m);
  });
});
