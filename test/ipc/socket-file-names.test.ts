import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { Endpoint, Listener, ServiceDescriptor } from 'gips';

import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { start, testAsRoot } from '../support/processes.js';

/** Every way to bind or to reach a name fails alike. */
async function expectBindError(name: string, error: Error): Promise<void> {
  await expect(Listener.bind(name)).rejects.toThrow(error);
  expect(() => Listener.bindSync(name)).toThrow(error);
}

async function expectConnectError(name: string, error: Error): Promise<void> {
  await expect(Endpoint.connect(name)).rejects.toThrow(error);
  expect(() => Endpoint.connectSync(name)).toThrow(error);
}

function padded(name: string, size: number): string {
  return name.padEnd(size, 'x');
}

const kinds = [
  { kind: 'a service', make: serviceName },
  { kind: 'a socket file', make: socketPath },
];

describe('a name', () => {
  test.each(kinds)('of $kind may have 100 bytes', async ({ make }) => {
    const name = padded(make(), 100);
    const listener = keep(await Listener.bind(name));
    expect(listener.name).toBe(name);
    const endpoint = keep(await Endpoint.connect(name));
    await endpoint.send('hello');
    expect((await listener.accept()).message.text()).toBe('hello');
  });

  test('may have 100 bytes in other characters, and begin in any way', async () => {
    for (const name of [`${serviceName()}äöü€😀`, `@${serviceName()}`, ` ${serviceName()}`, `./${serviceName()}`]) {
      const listener = await Listener.bind(name);
      const endpoint = await Endpoint.connect(name);
      await endpoint.close();
      await listener.close();
    }
  });

  test.each(kinds)('of $kind must not have 101', async ({ make }) => {
    const error = errorLike({ code: 'ENAMETOOLONG' });
    for (const name of [padded(make(), 101), padded(make(), 98) + '€', padded(make(), 5_000)]) {
      await expectBindError(name, error);
      await expectConnectError(name, error);
      expect(() => new ServiceDescriptor(name)).toThrow(error);
    }
  });

  test.each(['', '\0', 'a\0b', '/tmp/a\0', '\0abstract'])('must not be empty or contain a NUL (%j)', async (name) => {
    const error = errorLike({ code: 'ERR_INVALID_ARG_VALUE' });
    await expectBindError(name, error);
    await expectConnectError(name, error);
    expect(() => new ServiceDescriptor(name)).toThrow(error);
  });

  test.each([undefined, null, 5, {}, ['x'], Buffer.from('x')])('must be a string (%j)', async (value) => {
    const error = errorLike({ code: 'ERR_INVALID_ARG_TYPE' });
    await expectBindError(value as string, error);
    await expectConnectError(value as string, error);
  });

  test.each(kinds)('of $kind is taken while its listener lives, for this process and for others', async ({ make }) => {
    const listener = keep(await Listener.bind(make()));
    const error = errorLike({ code: 'EADDRINUSE', syscall: 'bind', address: listener.name, message: `bind "${listener.name}"` });
    await expectBindError(listener.name, error);
    const other = start('bind-and-leave', { argument: { name: listener.name } });
    expect(await other.next('bound')).toMatchObject({ code: 'EADDRINUSE' });
    const endpoint = keep(await Endpoint.connect(listener.name));
    await endpoint.send('still here');
    expect((await listener.accept()).message.text()).toBe('still here');
  });

  test('of a live listener is taken though its queue is full', async () => {
    const listener = keep(Listener.bindSync(socketPath(), { backlog: 1 }));
    const crowd = Array.from({ length: 4 }, () => Endpoint.connect(listener.name, { timeout: 500 }).catch(() => undefined));
    await expect(Endpoint.connect(listener.name, { timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    await expectBindError(listener.name, errorLike({ code: 'EADDRINUSE' }));
    await Promise.all(crowd);
  });

  testAsRoot('of a live listener of another user is taken', async () => {
    const listener = keep(await Listener.bind(socketPath()));
    const stranger = start('bind-and-leave', { as: 'nobody', argument: { name: listener.name } });
    expect(await stranger.next('bound')).toMatchObject({ code: 'EADDRINUSE' });
    expect(lstatSync(listener.name).isSocket()).toBe(true);
  });
});

describe('what is no socket of ours is in the way, and left alone:', () => {
  async function expectInTheWay(name: string): Promise<void> {
    const before = lstatSync(name);
    await expectBindError(name, errorLike({ code: 'EADDRINUSE', address: name }));
    const { ino, mode, size } = lstatSync(name);
    expect({ ino, mode, size }).toEqual({ ino: before.ino, mode: before.mode, size: before.size });
  }

  test('a file', async () => {
    const name = socketPath();
    writeFileSync(name, 'precious');
    await expectInTheWay(name);
    await expectConnectError(name, errorLike({ code: 'ECONNREFUSED', address: name }));
    expect(readFileSync(name, 'utf8')).toBe('precious');
    rmSync(name);
  });

  test('a directory', async () => {
    const name = socketPath();
    mkdirSync(name);
    await expectInTheWay(name);
    await expectConnectError(name, errorLike({ code: 'ECONNREFUSED', address: name }));
    rmSync(name, { recursive: true });
  });

  test('a link that leads nowhere', async () => {
    const name = socketPath();
    symlinkSync('/nowhere', name);
    await expectInTheWay(name);
    await expectConnectError(name, errorLike({ code: 'ECONNREFUSED', address: name }));
    rmSync(name);
  });

  test('a server of another kind', async () => {
    const name = socketPath();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(name, resolve));
    await expectInTheWay(name);
    await expectConnectError(name, errorLike({ code: 'ECONNREFUSED', address: name }));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a folder', () => {
  test('that does not exist is ENOENT', async () => {
    const name = join(socketPath('nowhere'), 'socket');
    await expectBindError(name, errorLike({ code: 'ENOENT', address: name, message: name }));
    await expectConnectError(name, errorLike({ code: 'ECONNREFUSED', address: name }));
  });

  test('that is a file is ENOENT', async () => {
    const file = socketPath('file');
    writeFileSync(file, '');
    const name = join(file, 'socket');
    await expectBindError(name, errorLike({ code: 'ENOENT', address: name }));
    await expectConnectError(name, errorLike({ code: expect.stringMatching(/^(ECONNREFUSED|ENOENT)$/), address: name }));
    rmSync(file);
  });

  test('itself is no name for a socket', async () => {
    await expectBindError('/', errorLike({ code: expect.stringMatching(/^(EADDRINUSE|EACCES|EINVAL)$/), address: '/' }));
    await expectBindError(`${dirname(socketPath())}/`, errorLike({ code: expect.stringMatching(/^(EADDRINUSE|EACCES|ENOENT|EINVAL)$/) }));
  });

  testAsRoot('in which one may not write is EACCES, and so is a socket one may not use', async () => {
    const folder = socketPath('private');
    mkdirSync(folder, { mode: 0o755 });
    const name = join(folder, 'socket');
    const stranger = start('bind-and-leave', { as: 'nobody', argument: { name } });
    expect(await stranger.next('bound')).toEqual({ code: 'EACCES', message: expect.stringContaining(name) });
    const listener = await Listener.bind(name);
    const client = start('knock', { as: 'nobody', argument: { name } });
    expect(await client.next('outcome')).toEqual({ code: 'EACCES', message: expect.stringContaining(name) });
    await listener.close();
    rmSync(folder, { recursive: true });
  });
});
