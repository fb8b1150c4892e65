/** Who is who on Windows: tokens that are less than their user's others, and what pipes let whom do. */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { type Credentials, Endpoint, Listener, Policy, ServiceDescriptor } from 'gips';

import { describeOnWindows, ROOT, SELF, userId } from '../support/accounts.js';
import { BarePeer } from '../support/bare-peer.js';
import { Door, outcomeOf, WELCOME } from '../support/door.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { start, type StartOptions } from '../support/processes.js';
import { builtProgram } from '../support/programs.js';

const USERS = 'S-1-5-32-545';
const EVERYONE = 'S-1-1-0';
const LOCAL_SERVICE = 'S-1-5-19';

/** A process that is no administrator: its token has that group only to be denied things. */
const filtered: StartOptions = { through: [builtProgram('run-as'), 'filtered'] };
/** One that has no group but everyone. */
const sandboxed: StartOptions = { through: [builtProgram('run-as'), 'sandbox'] };

type Right = 'converse' | 'create instances' | 'delete' | 'change access' | 'change owner';

/** What the security descriptor of a service's pipe gives to each of several tokens, as the system's own AccessCheck() says. */
interface Access {
  readonly descriptor: string;
  readonly own: readonly Right[];
  readonly filtered: readonly Right[];
  readonly sandbox: readonly Right[];
}

async function accessTo(policy: Policy | undefined): Promise<Access> {
  const { name } = await Door.open(policy);
  return await readAccess(name);
}

/** Not by `execFileSync`: this process may be the one that listens. */
async function readAccess(name: string): Promise<Access> {
  const child = spawn(builtProgram('access-check'), [name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8')) output += String(text);
  return JSON.parse(output) as Access;
}

async function expectRefused(policy: Policy, who: StartOptions): Promise<Credentials> {
  const door = await Door.open(policy);
  expect(await outcomeOf(door.name, who)).toEqual({ code: 'EACCES', message: expect.stringContaining(door.name) });
  const { error, credentials } = await door.rejection();
  expect(error).toMatchObject({ code: 'EACCES' });
  expect({ messages: door.messages, connections: door.connections }).toEqual({ messages: [], connections: 0 });
  expect(await outcomeOf(door.name)).toBe(WELCOME);
  return credentials;
}

async function expectAdmitted(policy: Policy | undefined, who: StartOptions): Promise<void> {
  const door = await Door.open(policy);
  expect(await outcomeOf(door.name, who)).toBe(WELCOME);
}

describeOnWindows('a client with less than its user has', () => {
  test('does not have a group that it has only to be denied things', async () => {
    const { uid, gids, isPrivileged } = await expectRefused(new Policy().withAllowedGroup(['Administrators']), filtered);
    expect({ uid, isPrivileged }).toEqual({ uid: SELF.uid, isPrivileged: false });
    expect(gids).toContain(USERS);
    expect(gids).not.toContain(ROOT.gid);
  });

  test('is not privileged', () => expectRefused(Policy.privilegedOnly(), filtered));
  test('has the groups it is left with', () => expectAdmitted(new Policy().withAllowedGroup([USERS]), filtered));
  test('is of the same user', () => expectAdmitted(undefined, filtered));

  test('has no groups if all have been taken from it', async () => {
    const { gids } = await expectRefused(new Policy().withAllowedGroup([USERS]), sandboxed);
    expect(gids).toContain(EVERYONE);
  });

  test('is refused as others are, by a listener that goes on', async () => {
    const door = await Door.open(new Policy().withAllowedGroup([ROOT.gid]));
    for (const who of [filtered, {}, sandboxed, {}]) {
      const outcome = await outcomeOf(door.name, who);
      if (who.through === undefined) expect(outcome).toBe(WELCOME);
      else expect(outcome).toMatchObject({ code: 'EACCES' });
    }
    expect(door.messages).toHaveLength(2);
  });
});

describeOnWindows('a server with less than its user has', () => {
  test('is known as that user, serves it, and turns away whom its policy refuses', async () => {
    const name = serviceName('filtered');
    const server = start('serve-as', { ...filtered, argument: { name } });
    await server.next('listening');
    const endpoint = keep(await Endpoint.connect(name, { serverPolicy: new Policy().withAllowedUid([SELF.uid]) }));
    expect(endpoint.credentials).toMatchObject({ uid: SELF.uid, isPrivileged: false });
    expect(endpoint.credentials.gids).not.toContain(ROOT.gid);
    expect(await outcomeOf(name, filtered)).toBe(WELCOME);
    await expect(Endpoint.connect(name, { serverPolicy: Policy.privilegedOnly() })).rejects.toThrow(errorLike({ code: 'EACCES' }));
  });

  test('owns its pipe as that user', async () => {
    const name = serviceName('filtered');
    const server = start('serve-as', { ...filtered, argument: { name } });
    await server.next('listening');
    const { descriptor } = await readAccess(name);
    expect(descriptor).toContain(`O:${SELF.uid}`);
    // What owners may do is said, or they could change who may do what.
    expect(descriptor).toContain('(A;;RC;;;OW)');
  });
});

describeOnWindows('a server is privileged', () => {
  const privileged = { serverPolicy: Policy.privilegedOnly() };

  test('if the administrators own its pipe', async () => {
    const door = await Door.open();
    const endpoint = keep(await Endpoint.connect(door.name, privileged));
    expect(endpoint.credentials).toMatchObject({ uid: SELF.uid, isPrivileged: true, pid: process.pid });
  });

  test('not if only its process is, whose number may be another one by now', async () => {
    const name = serviceName('squatted');
    const server = await BarePeer.listen(name);
    await expect(Endpoint.connect(name, privileged)).rejects.toThrow(errorLike({ code: 'EACCES', message: 'not privileged' }));
    await server.accept();
    expect((await server.receive()).bytes).toHaveLength(0);
  });
});

describeOnWindows('a pipe lets', () => {
  test.each<[string, Policy | undefined, { filtered: boolean; sandbox?: boolean }]>([
    ['the same user, by default', undefined, { filtered: true }],
    ['everybody without any restriction', new Policy(), { filtered: true, sandbox: true }],
    ['everybody that a validator is asked about', new Policy().withCredentialValidator(() => true), { filtered: true, sandbox: true }],
    ['the privileged', Policy.privilegedOnly(), { filtered: false, sandbox: false }],
    [
      'the privileged of the allowed users',
      new Policy().withAllowedUid([SELF.uid]).requirePrivileged(),
      { filtered: false, sandbox: false },
    ],
    ['an allowed user', new Policy().withAllowedUid([SELF.uid]), { filtered: true }],
    ['nobody but allowed users', new Policy().withAllowedUid([userId(1001), LOCAL_SERVICE]), { filtered: false, sandbox: false }],
    ['an allowed group', new Policy().withAllowedGroup([USERS]), { filtered: true, sandbox: false }],
    ['nobody but allowed groups', new Policy().withAllowedGroup(['Administrators']), { filtered: false, sandbox: false }],
    ['nobody if nobody is allowed', new Policy().withAllowedUid([]), { filtered: false, sandbox: false }],
    [
      'the members of a group, where the user must be an allowed one too',
      new Policy().withAllowedUid([userId(1001)]).withAllowedGroup([USERS]),
      { filtered: false, sandbox: false },
    ],
  ])('%s converse, and do nothing else', async (_, policy, expected) => {
    const access = await accessTo(policy);
    expect(access.filtered).toEqual(expected.filtered ? ['converse'] : []);
    if (expected.sandbox !== undefined) expect(access.sandbox).toEqual(expected.sandbox ? ['converse'] : []);
  });

  test('the server listen on it, and whoever could as well be the server', async () => {
    const { own, descriptor } = await accessTo(new Policy().withAllowedUid([]));
    expect(own).toEqual(expect.arrayContaining<Right>(['converse', 'create instances']));
    expect(descriptor).toContain(`O:BA`);
  });

  test('nobody in who does not say who it is', async () => {
    expect((await accessTo(new Policy())).descriptor).toMatch(/D:P\(D;;(FA|0x1f01ff);;;AN\)/);
  });

  test('everybody in where there are more names than a security descriptor holds: the policy decides', async () => {
    const many = Array.from({ length: 3_000 }, (_, number) => userId(number));
    const door = await Door.open(new Policy().withAllowedUid(many));
    expect((await readAccess(door.name)).descriptor).toContain(';;;WD)');
    expect(await outcomeOf(door.name)).toMatchObject({ code: 'EACCES' });
  });
});

describeOnWindows('names of users and groups', () => {
  test.each(['SYSTEM', 'NT AUTHORITY\\SYSTEM', 's-1-5-18'])('%s is a user', (name) => {
    expect(() => new Policy().withAllowedUid([name]).resolve()).not.toThrow();
  });

  test.each(['Administrators', 'BUILTIN\\Administrators', 'Everyone'])('%s is a group', (name) => {
    expect(() => new Policy().withAllowedGroup([name]).resolve()).not.toThrow();
    expect(() => new Policy().withAllowedUid([name]).resolve()).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE' }));
  });

  // ConvertStringSidToSid knows AU: all who have logged in.
  test.each(['AU', 'WD', 'BA', 'S-1-'])('%s is none', (name) => {
    expect(() => new Policy().withAllowedGroup([name]).resolve()).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE' }));
  });
});

describeOnWindows('names of services', () => {
  test('lead nowhere else', async () => {
    const listener = keep(await Listener.bind(`${serviceName()}/../a name.`));
    expect(await outcomeOf(listener.name.replace('/../', '/.././'))).toMatchObject({ code: 'ECONNREFUSED' });
    keep(await Endpoint.connect(listener.name));
  });

  test('are the same in large and small letters', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    await expect(Listener.bind(listener.name.toUpperCase())).rejects.toThrow(errorLike({ code: 'EADDRINUSE' }));
    keep(await Endpoint.connect(listener.name.toUpperCase()));
  });

  test.each([
    ['a\\b', 'ERR_INVALID_ARG_VALUE'],
    ['/tmp/x.sock', 'ERR_GIPS_UNSUPPORTED'],
  ])('cannot be %s', async (name, code) => {
    await expect(Listener.bind(name)).rejects.toThrow(errorLike({ code }));
    await expect(Endpoint.connect(name)).rejects.toThrow(errorLike({ code }));
  });
});

describeOnWindows('what processes cannot share', () => {
  test('is said to be unsupported', async () => {
    const unsupported = errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'Windows' });
    const listener = keep(await Listener.bind(serviceName()));
    expect(() => listener.share()).toThrow(unsupported);
    await expect(Listener.fromActivation()).rejects.toThrow(unsupported);
  });
});

describeOnWindows('a client that opens the pipe as most programs do', () => {
  test.each([1, 2, 3_000])('is known by its first packet, of %d bytes, and that is not lost', async (size) => {
    // What others say meanwhile must not get in between.
    const other = keep(await Listener.bind(serviceName('other'), { wire: 'raw' }));
    const validator = async (): Promise<void> => {
      const endpoint = keep(await Endpoint.connect(other.name, { wire: 'raw' }));
      await endpoint.send('z'.repeat(100));
      await other.accept();
    };
    const service = new ServiceDescriptor(serviceName('raw')).withAllowedUid([SELF.uid]).withCredentialValidator(validator);
    const listener = keep(await Listener.bind(service, { wire: 'raw' }));
    const peer = await BarePeer.connect(listener.name);
    await peer.send(Buffer.alloc(size, 'a'));
    await peer.send(Buffer.from('b'));
    const first = await listener.accept();
    expect(first.message.payload).toEqual(Buffer.alloc(size, 'a'));
    expect(first.credentials).toMatchObject({ pid: peer.pid, uid: SELF.uid });
    expect((await listener.accept()).message.text()).toBe('b');
  });

  test('is turned away if it says nothing in time, and the listener is told who it was', async () => {
    const door = await Door.open(undefined, { greetingTimeout: 200 });
    const peer = await BarePeer.connect(door.name);
    const { error, credentials } = await door.rejection();
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    expect(credentials).toMatchObject({ pid: peer.pid, uid: SELF.uid });
  });

  test('breaks the protocol by a message without a byte', async () => {
    const door = await Door.open();
    const peer = await BarePeer.connect(door.name);
    await peer.send(Buffer.alloc(0));
    const { error, credentials } = await door.rejection();
    expect(error).toMatchObject({ code: 'EBADMSG' });
    expect(credentials.pid).toBe(peer.pid);
    expect(await outcomeOf(door.name)).toBe(WELCOME);
  });

  test('is turned away all the same', async () => {
    const door = await Door.open(new Policy().withAllowedUid([userId(1001)]));
    const peer = await BarePeer.connect(door.name);
    await peer.send(Buffer.from('x'));
    expect((await door.rejection()).credentials).toMatchObject({ pid: peer.pid, uid: SELF.uid });
  });
});

describeOnWindows('a pipe that is not of this library', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : void server.close(() => resolve()))));

  test('is nothing to connect to if it knows no messages', async () => {
    const name = serviceName('bytes');
    const heard: Buffer[] = [];
    server = createServer((socket) => socket.on('data', (data: Buffer) => heard.push(data)));
    await new Promise<void>((resolve) => server!.listen(`\\\\?\\pipe\\${name}`, resolve));
    await expect(Endpoint.connect(name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED' }));
    await expect(Listener.bind(name)).rejects.toThrow(errorLike({ code: 'EADDRINUSE' }));
    expect(heard).toEqual([]);
  });
});
