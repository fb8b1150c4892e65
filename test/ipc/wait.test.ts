/** `wait: true`: a client that is there before its service. */
import { mkdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectOptions, Endpoint, Listener, Policy, ServiceDescriptor } from 'gips';

import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { NAME_KINDS, serviceName, socketPath } from '../support/names.js';
import { procfs, socketFiles } from '../support/platform.js';
import { processorTime, type Program, start } from '../support/processes.js';
import { isWatched, watchCount } from '../support/watches.js';

function startServer(name: string): Program {
  return start('echo-server', { argument: { name } });
}

/** A client in another process that waits. */
async function startClient(name: string, how: { isBlocking?: boolean; options?: ConnectOptions } = {}): Promise<Program> {
  const client = start('wait', { argument: { name, ...how } });
  await client.next('waiting');
  return client;
}

/** Such a client in this process: connected and served, or it fails. */
async function waitAndTalk(name: string): Promise<void> {
  const endpoint = keep(await Endpoint.connect(name, { wait: true, timeout: 20_000 }));
  await endpoint.send('hello');
  expect((await endpoint.recv()).text()).toBe('hello');
  await endpoint.close();
}

async function leaveStale(name: string): Promise<void> {
  const server = startServer(name);
  await server.next('listening');
  await server.kill();
}

/** Removes a directory of this test when it is over, whatever became of it. */
function keepDirectory(path: string): string {
  keep({ close: () => rmSync(path, { recursive: true, force: true }) });
  return path;
}

describe.each(NAME_KINDS)('for %s', (_, newName) => {
  test.each([false, true])('a client that waits is connected when the service appears (blocking: %p)', async (isBlocking) => {
    const name = newName();
    const client = await startClient(name, { isBlocking });
    const server = startServer(name);
    expect(await client.next('outcome')).toBe('hello');
    await client.finish();
    await server.kill();
    rmSync(name, { force: true });
  });

  test('many clients that wait are all connected, though few fit into the queue at once', async () => {
    const name = newName();
    const clients = Array.from({ length: 20 }, () => waitAndTalk(name));
    await sleep(20);
    const listener = keep(await Listener.bind(name, { backlog: 1 }));
    void (async () => {
      for await (const pod of listener) await pod.reply(pod.message.payload);
    })();
    await Promise.all(clients);
  });

  test('a service that is there is connected to as ever', async () => {
    const listener = keep(await Listener.bind(newName()));
    keep(await Endpoint.connect(listener.name, { wait: true, timeout: 0 }).catch(() => Endpoint.connect(listener.name, { wait: true })));
    keep(Endpoint.connectSync(listener.name, { wait: true, timeout: 0 }));
  });

  test('the wait ends with its timeout, which 0 makes a single attempt', async () => {
    const name = newName();
    for (const timeout of [0, 30]) {
      const failure = errorLike({ code: 'ETIMEDOUT', address: name, message: 'nobody serves' });
      await expect(Endpoint.connect(name, { wait: true, timeout })).rejects.toThrow(failure);
      expect(() => Endpoint.connectSync(name, { wait: true, timeout })).toThrow(failure);
    }
  });

  test('the wait ends with its signal, and leaves nothing behind', async () => {
    const watches = watchCount();
    const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const waiting = Endpoint.connect(newName(), { wait: true, signal: controller.signal });
    await sleep(20);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')).toHaveLength(timers);
    await eventually(() => expect(watchCount()).toBe(watches));
    const aborted = Endpoint.connect(newName(), { wait: true, signal: controller.signal });
    await expect(aborted).rejects.toBe(reason);
  });

  test('the wait keeps its process alive, and nothing does afterwards', async () => {
    const client = await startClient(newName(), { options: { timeout: 500 } });
    expect(await client.next('outcome')).toMatchObject({ code: 'ETIMEDOUT' });
    await client.finish();
  });

  procfs.test('the wait costs next to nothing', async () => {
    const client = await startClient(newName());
    await sleep(500);
    const before = processorTime(client.pid);
    await sleep(1_000);
    expect(processorTime(client.pid) - before).toBeLessThanOrEqual(0.1);
    await client.kill();
  });

  test('a server that the client does not want is an error at once', async () => {
    const listener = keep(await Listener.bind(newName()));
    const serverPolicy = new Policy().withCredentialValidator(() => false);
    await expect(Endpoint.connect(listener.name, { wait: true, serverPolicy })).rejects.toThrow(errorLike({ code: 'EACCES' }));
    expect(() => Endpoint.connectSync(listener.name, { wait: true, serverPolicy })).toThrow(errorLike({ code: 'EACCES' }));
  });

  test('a server that does not want the client is an error at once', async () => {
    const listener = keep(await Listener.bind(new ServiceDescriptor(newName()).withCredentialValidator(() => false)));
    await expect(Endpoint.connect(listener.name, { wait: true })).rejects.toThrow(errorLike({ code: 'EACCES' }));
  });
});

socketFiles.describe('for a socket file', () => {
  test('the directory is watched, and not any longer than the wait', async () => {
    const name = socketPath();
    const watches = watchCount();
    const client = waitAndTalk(name);
    await eventually(() => expect(isWatched(tmpdir())).toBe(true));
    const server = startServer(name);
    await client;
    await eventually(() => expect(watchCount()).toBe(watches));
    await server.kill();
    rmSync(name);
  });

  test('a file that a dead server has left is no service, until another takes it over', async () => {
    const name = socketPath();
    await leaveStale(name);
    const client = await startClient(name);
    const blocking = await startClient(name, { isBlocking: true });
    await sleep(100);
    const server = startServer(name);
    expect(await client.next('outcome')).toBe('hello');
    expect(await blocking.next('outcome')).toBe('hello');
    await server.kill();
    rmSync(name);
  });

  test('directories that do not exist yet are waited for, one by one', async () => {
    const top = keepDirectory(socketPath('directory'));
    const name = join(top, 'a', 'b', 'socket');
    const client = waitAndTalk(name);
    await eventually(() => expect(isWatched(tmpdir())).toBe(true));
    for (const directory of [top, join(top, 'a'), join(top, 'a', 'b')]) {
      mkdirSync(directory);
      await eventually(() => expect(isWatched(directory)).toBe(true));
    }
    const server = startServer(name);
    await client;
    await server.kill();
  });

  test('directories that come all at once are not missed', async () => {
    const top = keepDirectory(socketPath('directory'));
    const name = join(top, 'a', 'b', 'socket');
    const client = waitAndTalk(name);
    await eventually(() => expect(isWatched(tmpdir())).toBe(true));
    mkdirSync(join(top, 'a', 'b'), { recursive: true });
    const server = startServer(name);
    await client;
    await server.kill();
  });

  test('a directory that goes and comes again is followed', async () => {
    const directory = keepDirectory(socketPath('directory'));
    const name = join(directory, 'socket');
    mkdirSync(directory);
    const client = waitAndTalk(name);
    for (let round = 0; round < 3; round += 1) {
      await eventually(() => expect(isWatched(directory)).toBe(true));
      rmSync(directory, { recursive: true });
      await eventually(() => expect(isWatched(tmpdir())).toBe(true));
      mkdirSync(directory);
    }
    const server = startServer(name);
    await client;
    await server.kill();
  });

  test('what happens beside it wakes nobody up', async () => {
    const directory = keepDirectory(socketPath('directory'));
    mkdirSync(directory);
    const client = await startClient(join(directory, 'socket'));
    await eventually(() => expect(isWatched(directory, client.pid)).toBe(true));
    for (let count = 0; count < 100; count += 1) mkdirSync(join(directory, `${count}`));
    const server = startServer(join(directory, 'socket'));
    expect(await client.next('outcome')).toBe('hello');
    await server.kill();
  });

  test('a name that belongs to another kind of socket is an error at once', async () => {
    const name = socketPath();
    const server = net.createServer().listen(name);
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(Endpoint.connect(name, { wait: true })).rejects.toThrow(errorLike({ code: 'ECONNREFUSED', message: 'EPROTOTYPE' }));
    server.close();
  });
});

test('a thread that waits and blocks can be terminated', async () => {
  const program = start('wait-worker', { argument: { name: serviceName() } });
  await program.next('terminated');
  await program.finish();
});
