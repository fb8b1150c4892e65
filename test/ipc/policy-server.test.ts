import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Endpoint, Listener, Policy, ServiceDescriptor } from 'gips';

import { groupId, SELF, testOnPosix, userId } from '../support/accounts.js';
import { BarePeer } from '../support/bare-peer.js';
import { Door, knock, type Outcome, outcomeOf, WELCOME } from '../support/door.js';
import { errorLike } from '../support/errors.js';
import { hello, message } from '../support/greetings.js';
import { serviceName } from '../support/names.js';
import { start, type StartOptions, testAsRoot } from '../support/processes.js';

const { uid: UID, gid: GID } = SELF;
const NOBODY = 65_534;
/** A group that only those have who are told to. */
const GROUP = 12_345;
const nobody: StartOptions = { as: 'nobody' };
const member: StartOptions = { as: 'nobody', groups: [GROUP, 23_456] };

function nameOf(id: number | string, file: 'passwd' | 'group'): string {
  const entry = readFileSync(`/etc/${file}`, 'utf8')
    .split('\n')
    .find((line) => line.split(':')[2] === String(id));
  return entry!.split(':')[0]!;
}

async function expectAdmitted(policy: Policy | undefined, who?: StartOptions): Promise<void> {
  const door = await Door.open(policy);
  expect(await outcomeOf(door.name, who)).toBe(WELCOME);
}

/** The client is told that, the server why, and no message comes in. */
async function expectRefused(policy: Policy | undefined, who?: StartOptions): Promise<void> {
  const door = await Door.open(policy);
  const client = knock(door.name, who);
  expect(await client.next<Outcome>('outcome')).toEqual({ code: 'EACCES', message: expect.stringContaining(door.name) });
  const { error, credentials } = await door.rejection();
  expect(error).toMatchObject({ code: 'EACCES', message: expect.stringContaining(String(client.pid)) });
  expect(credentials.pid).toBe(client.pid);
  expect({ messages: door.messages, connections: door.connections }).toEqual({ messages: [], connections: 0 });
}

describe('a process of the same user is', () => {
  test('admitted by default', () => expectAdmitted(undefined));
  test('admitted by its id', () => expectAdmitted(new Policy().withAllowedUid([UID])));
  testOnPosix('admitted by its id as a number', () => expectAdmitted(new Policy().withAllowedUid([Number(UID)])));
  test('admitted by its name', () => expectAdmitted(new Policy().withAllowedUid([userInfo().username])));
  test('admitted as one of several', () => expectAdmitted(new Policy().withAllowedUid([userId(4_000_000)]).withAllowedUid([UID])));
  test('admitted by its group', () => expectAdmitted(new Policy().withAllowedGroup([GID])));
  testOnPosix("admitted by its group's name", () => expectAdmitted(new Policy().withAllowedGroup([nameOf(GID, 'group')])));
  test('admitted by all parts of a policy', () =>
    expectAdmitted(
      Policy.sameUser()
        .withAllowedUid([UID])
        .withAllowedGroup([groupId(4_000_000), GID]),
    ));
  test('admitted without any restriction', () => expectAdmitted(new Policy()));
  test('refused as none of the users', () => expectRefused(new Policy().withAllowedUid([userId(4_000_000)])));
  test('refused by an empty list of users', () => expectRefused(new Policy().withAllowedUid([])));
  test('refused for having none of the groups', () =>
    expectRefused(new Policy().withAllowedGroup([groupId(4_000_000), groupId(4_000_001)])));
  test('refused by an empty list of groups', () => expectRefused(new Policy().withAllowedGroup([])));
  test('refused for one of several parts', () =>
    expectRefused(
      Policy.sameUser()
        .withAllowedUid([UID])
        .withAllowedGroup([groupId(4_000_000)]),
    ));
});

describe('a process of another user is', () => {
  testAsRoot('refused by default', () => expectRefused(undefined, nobody));
  testAsRoot('refused where only the privileged are wanted', () => expectRefused(Policy.privilegedOnly(), nobody));
  testAsRoot('refused as none of the users', () => expectRefused(new Policy().withAllowedUid(['root', 1]), nobody));
  testAsRoot('refused for having none of the groups', () => expectRefused(new Policy().withAllowedGroup([GROUP]), nobody));
  testAsRoot('refused for its user though its group fits', () =>
    expectRefused(new Policy().withAllowedUid([UID]).withAllowedGroup([GROUP]), member),
  );
  testAsRoot('refused for its group though its user fits', () =>
    expectRefused(new Policy().withAllowedUid(['nobody']).withAllowedGroup([1]), member),
  );
  testAsRoot('refused though one of two policies fits', () => expectRefused(Policy.sameUser().withAllowedUid(['nobody']), nobody));
  testAsRoot('admitted by its name', () => expectAdmitted(new Policy().withAllowedUid(['nobody']), nobody));
  testAsRoot('admitted by its id', () => expectAdmitted(new Policy().withAllowedUid([NOBODY]), nobody));
  testAsRoot('admitted by its primary group', () => expectAdmitted(new Policy().withAllowedGroup([NOBODY]), nobody));
  testAsRoot("admitted by its primary group's name", () =>
    expectAdmitted(new Policy().withAllowedGroup([nameOf(NOBODY, 'group')]), nobody),
  );
  testAsRoot('admitted by a supplementary group', () => expectAdmitted(new Policy().withAllowedGroup([GROUP]), member));
  testAsRoot('admitted by user and group', () =>
    expectAdmitted(new Policy().withAllowedUid(['nobody']).withAllowedGroup([1, GROUP]), member),
  );
  testAsRoot('admitted without any restriction', () => expectAdmitted(new Policy(), nobody));
});

describe('a privileged process is', () => {
  testAsRoot('admitted where only the privileged are wanted', () => expectAdmitted(Policy.privilegedOnly()));
  testAsRoot('refused where only another user is wanted', () => expectRefused(new Policy().withAllowedUid(['nobody'])));
  testAsRoot('admitted by the default policy of another user, and a third user is refused', async () => {
    const name = serviceName('nobody');
    const server = start('serve-as', { as: 'nobody', argument: { name } });
    await server.next('listening');
    const third = knock(name, { as: 'daemon' }, { serverUsers: ['nobody'] });
    expect(await third.next('outcome')).toMatchObject({ code: 'EACCES' });
    expect(await server.next('rejected')).toEqual({ code: 'EACCES', pid: third.pid, uid: '1' });
    expect(await outcomeOf(name, {}, { serverUsers: ['nobody'] })).toBe(WELCOME);
    expect(await outcomeOf(name, { as: 'nobody' })).toBe(WELCOME);
  });
});

describe('what a refused client sends right behind its HELLO reaches nobody', () => {
  const nobodyIsWanted = new Policy().withAllowedUid([]);

  test.each([
    ['in the same packet', (name: string) => [Buffer.concat([hello(name), message('one'), message('two')])]],
    ['in packets of their own', (name: string) => [hello(name), message('one'), message('two')]],
    ['as a raw client', () => [Buffer.from('one'), Buffer.from('two')]],
  ])('%s', async (_, packets) => {
    const door = await Door.open(nobodyIsWanted);
    const peer = await BarePeer.connect(door.name);
    // Who is refused may find the connection closed before it has said everything.
    for (const bytes of packets(door.name)) await peer.send(bytes).catch(() => {});
    expect((await door.rejection()).credentials.pid).toBe(peer.pid);
    await peer.receiveEnd();
    expect({ messages: door.messages, connections: door.connections }).toEqual({ messages: [], connections: 0 });
  });
});

test('a client that is refused is not told who would be admitted', async () => {
  const door = await Door.open(new Policy().withAllowedUid([userId(54_321)]).withAllowedGroup([groupId(65_432)]));
  const error = (await Endpoint.connect(door.name).catch((refusal: unknown) => refusal)) as Error;
  expect(error).toEqual(errorLike({ code: 'EACCES' }));
  expect(error.message).not.toMatch(/54321|65432/);
  expect((await door.rejection()).error.message).toMatch(/54321/);
});

test.each([
  ['users', new Policy().withAllowedUid([UID, 'no-such-user'])],
  ['groups', new Policy().withAllowedGroup(['no-such-group', GID])],
])('an unknown name among the %s is an error at bind, and nothing is bound', async (list, policy) => {
  const service = new ServiceDescriptor(serviceName()).withPolicy(policy);
  const error = errorLike({ code: 'ERR_INVALID_ARG_VALUE', message: list });
  await expect(Listener.bind(service)).rejects.toThrow(error);
  expect(() => Listener.bindSync(service)).toThrow(error);
  await expect(Endpoint.connect(service.name)).rejects.toThrow(errorLike({ code: 'ECONNREFUSED' }));
});
