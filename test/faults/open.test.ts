import { existsSync, rmSync } from 'node:fs';

import { Listener } from 'gips';

import { BarePeer } from '../support/bare-peer.js';
import { startFaulty } from '../support/faults.js';
import { serviceName, socketPath } from '../support/names.js';

interface Outcome {
  error: { code: string; syscall: string; address: string; message: string } | null;
  left: string[];
}

/** How it ended with the faults, and what is said of it without them. */
async function open(what: string, name: string, faults: string): Promise<{ faulty: Outcome; good: Outcome }> {
  const program = startFaulty('open-under-faults', { argument: { what, name, faults } });
  const faulty = await program.next<Outcome>('faulty');
  const good = await program.next<Outcome>('good');
  await program.finish();
  return { faulty, good };
}

const opened: Outcome = { error: null, left: [] };

describe.each(['Listener.bind', 'Listener.bindSync'])('%s', (what) => {
  test.each([
    ['socket:EMFILE:at=1', 'EAGAIN'],
    ['socket:ENFILE:at=1', 'EAGAIN'],
    ['socket:ENOMEM:at=1', 'EAGAIN'],
    ['bind:ENOMEM:at=1', 'EAGAIN'],
    ['bind:EACCES:at=1', 'EACCES'],
    ['bind:EADDRINUSE:at=1', 'EADDRINUSE'],
    ['listen:ENOBUFS:at=1', 'EAGAIN'],
  ])('of an abstract name fails with %s as %s, and leaves nothing', async (faults, code) => {
    const name = serviceName();
    const { faulty, good } = await open(what, name, faults);
    expect(faulty).toEqual({
      error: { code, syscall: expect.any(String), address: name, message: expect.stringContaining(name) },
      left: [],
    });
    expect(good).toEqual(opened);
  });

  test.each([
    ['socket:EMFILE:at=1', 'EAGAIN'],
    ['fchmod:EPERM:at=1', 'EACCES'],
    ['bind:EROFS:at=1', 'EACCES'],
    ['bind:ENOMEM:at=1', 'EAGAIN'],
    ['listen:ENOBUFS:at=1', 'EAGAIN'],
  ])('of a socket file fails with %s as %s, and leaves neither file nor descriptor', async (faults, code) => {
    const path = socketPath();
    const { faulty, good } = await open(what, path, faults);
    expect(faulty).toEqual({
      error: { code, syscall: expect.any(String), address: path, message: expect.stringContaining(path) },
      left: [],
    });
    expect(good).toEqual(opened);
    expect(existsSync(path)).toBe(false);
  });

  test('does not take a dead socket file for a live one because there is no descriptor to ask it with', async () => {
    const path = socketPath();
    const dead = await BarePeer.listen(path);
    await dead.kill();
    const { faulty, good } = await open(what, path, 'socket:EMFILE:at=2');
    rmSync(path, { force: true });
    expect(faulty).toMatchObject({ error: { code: 'EAGAIN' }, left: [] });
    expect(good).toEqual(opened);
  });
});

describe.each(['Endpoint.connect', 'Endpoint.connectSync'])('%s', (what) => {
  let listener: Listener;
  beforeEach(async () => {
    listener = await Listener.bind(serviceName());
  });
  afterEach(() => listener.close());

  test.each([
    ['socket:EMFILE:at=1', 'EAGAIN'],
    ['connect:ENOMEM:at=1', 'EAGAIN'],
    ['connect:EPERM:at=1', 'EACCES'],
    ['getsockopt:ENOBUFS:at=1', 'EAGAIN'],
  ])('fails with %s as %s, and leaves nothing', async (faults, code) => {
    const { faulty, good } = await open(what, listener.name, faults);
    const error = { code, syscall: faults.split(':')[0], address: listener.name, message: expect.stringContaining(listener.name) };
    // What opens a connection is one step to its caller.
    if (error.syscall === 'socket') error.syscall = 'connect';
    expect(faulty).toEqual({ error, left: [] });
    expect(good).toEqual(opened);
  });

  test('tries again while the queue of the listener is full', async () => {
    const { faulty } = await open(what, listener.name, 'connect:EAGAIN:first=5');
    expect(faulty).toEqual(opened);
  });

  test.each(['sendmsg:ENOBUFS:first=2', 'sendmsg:EAGAIN:at=1', 'sendmsg:EINTR:at=1'])('says hello in spite of %s', async (faults) => {
    const { faulty } = await open(what, listener.name, faults);
    expect(faulty).toEqual(opened);
  });
});

test.each([
  ['listener.share', 'fcntl:EMFILE:at=1', 'fcntl'],
  ['listener.tryAccept', 'epoll_create1:EMFILE:at=1', 'epoll_create1'],
  ['new Poller', 'epoll_create1:EMFILE:at=1', 'epoll_create1'],
  ['new Poller', 'eventfd:EMFILE:at=1', 'eventfd'],
  ['poller.waker', 'fcntl:EMFILE:at=1', 'dup'],
  ['IpcObject.from', 'fcntl:EMFILE:at=1', 'fcntl'],
])('%s fails with %s as EAGAIN, and leaves nothing', async (what, faults, syscall) => {
  const { faulty, good } = await open(what, serviceName(), faults);
  expect(faulty).toMatchObject({ error: { code: 'EAGAIN', syscall }, left: [] });
  expect(good).toEqual(opened);
});
