import { closeSync, existsSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { Endpoint, IpcObject, Listener, Policy } from 'gips';
import { eventually, within } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { NAME_KINDS, serviceName, socketPath } from '../support/names.js';
import { type Program, start } from '../support/processes.js';

/** Starts processes that accept on `listener` too. */
async function startWorkers(listener: Listener, count: number): Promise<Program[]> {
  const handout = keep(await Listener.bind(serviceName('handout')));
  const workers = Array.from({ length: count }, () => start('share-worker', { argument: { name: handout.name } }));
  const connections = handout.connections();
  for (const _ of workers) {
    const { value: connection } = await within(connections.next(), 'a worker');
    const object = listener.share();
    await connection!.send('yours too', { objects: [object] });
    object.close();
  }
  for (const worker of workers) expect(await worker.next('serving')).toBe(listener.name);
  await handout.close();
  return workers;
}

/** Connects, asks who serves, and leaves. */
async function askWho(name: string): Promise<number> {
  const endpoint = keep(await Endpoint.connect(name));
  const pid = await ask(endpoint);
  await endpoint.close();
  return pid;
}

async function ask(endpoint: Endpoint): Promise<number> {
  await endpoint.send('who are you?');
  return Number((await within(endpoint.recv(), 'an answer')).text());
}

describe.each(NAME_KINDS)('a shared listener under %s', (_, newName) => {
  test('serves all clients, from several processes', async () => {
    const listener = keep(Listener.bindSync(newName()));
    const workers = await startWorkers(listener, 3);
    const servers = new Set<number>();
    for (const busy of workers) {
      // One that sleeps takes no clients, so another has to.
      busy.signal('SIGSTOP');
      for (let count = 0; count < 5; count += 1) {
        const server = await askWho(listener.name);
        expect(workers.map(({ pid }) => pid)).toContain(server);
        expect(server).not.toBe(busy.pid);
        servers.add(server);
      }
      busy.signal('SIGCONT');
    }
    expect(servers.size).toBeGreaterThan(1);
  });

  test('serves many clients at once, whoever gets them', async () => {
    const listener = keep(await Listener.bind(newName()));
    void (async () => {
      for await (const pod of listener) await pod.reply(String(process.pid));
    })();
    const workers = await startWorkers(listener, 2);
    const pids = await Promise.all(Array.from({ length: 60 }, () => askWho(listener.name)));
    for (const pid of pids) expect([process.pid, ...workers.map((worker) => worker.pid)]).toContain(pid);
  });
});

test('after its creator has closed it, a socket file is gone, and the others go on with the clients they have', async () => {
  const name = socketPath();
  const listener = Listener.bindSync(name);
  const [worker] = (await startWorkers(listener, 1)) as [Program];
  const endpoint = keep(await Endpoint.connect(name));
  expect(await ask(endpoint)).toBe(worker.pid);
  await listener.close();
  expect(existsSync(name)).toBe(false);
  await expect(Endpoint.connect(name)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await ask(endpoint)).toBe(worker.pid);
  const successor = await Listener.bind(name);
  worker.tell('stop');
  await worker.next('stopped');
  expect(existsSync(name)).toBe(true);
  await successor.close();
});

test('after its creator has closed it, an abstract name belongs to the others until the last of them has', async () => {
  const listener = Listener.bindSync(serviceName());
  const workers = await startWorkers(listener, 2);
  await listener.close();
  for (const worker of workers) {
    expect(workers.map(({ pid }) => pid)).toContain(await askWho(listener.name));
    worker.tell('stop');
    await worker.next('stopped');
  }
  await expect(Endpoint.connect(listener.name)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a sharing process that is killed is not missed', async () => {
  const listener = keep(Listener.bindSync(serviceName()));
  const workers = (await startWorkers(listener, 2)) as [Program, Program];
  await workers[0].kill();
  for (let count = 0; count < 5; count += 1) expect(await askWho(listener.name)).toBe(workers[1].pid);
});

describe('Listener.from', () => {
  test('has a policy of its own', async () => {
    const creator = keep(Listener.bindSync(serviceName()));
    const policy = new Policy().withCredentialValidator(() => false);
    const object = creator.share();
    const listener = keep(await Listener.from(object, { policy }));
    expect(listener.name).toBe(creator.name);
    expect(() => object.fd).toThrow('closed');
    await expect(Endpoint.connect(creator.name)).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('refuses what is no listening socket of ours, which stays usable', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const fd = openSync(devNull, 'r');
    const objects = [keep(IpcObject.from({ fd })), keep(IpcObject.from({ fd: 0 }))];
    closeSync(fd);
    for (const object of objects) {
      await expect(Listener.from(object)).rejects.toMatchObject({ code: 'EINVAL', name: 'GipsError' });
      expect(object.fd).toBeGreaterThanOrEqual(0);
    }
    const shared = listener.share();
    shared.close();
    await expect(Listener.from(shared)).rejects.toMatchObject({ code: 'ERR_GIPS_CLOSED' });
  });

  test('serves what clients sent before', async () => {
    const creator = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(creator.name));
    endpoint.sendSync('early');
    const listener = keep(await Listener.from(creator.share()));
    expect((await listener.accept()).message.text()).toBe('early');
    await eventually(() => expect(listener.stats.accepted).toBe(1));
  });
});
