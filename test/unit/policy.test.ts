import { execFileSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { Credentials } from '#lib/ipc/credentials.js';
import { Policy, type CredentialValidator } from '#lib/ipc/policy.js';
import { groupId, ROOT, SELF, testOnPosix, userId } from '../support/accounts.js';
import { errorLike } from '../support/errors.js';

const root = Credentials.from({ pid: 1, uid: ROOT.uid, gids: [ROOT.gid], isPrivileged: true });
const alice = Credentials.from({
  pid: 10,
  uid: String(userId(1001)),
  gids: [100, 27, 44].map((number) => String(groupId(number))),
  isPrivileged: false,
});
const bob = Credentials.from({ pid: 20, uid: String(userId(1002)), gids: [String(groupId(200))], isPrivileged: false });

/** Both forms of the check must agree. */
async function admits(policy: Policy, credentials: Credentials): Promise<boolean> {
  const [sync] = await Promise.allSettled([Promise.resolve().then(() => policy.checkSync(credentials))]);
  const [async] = await Promise.allSettled([policy.check(credentials)]);
  expect(sync).toEqual(async);
  return async.status === 'fulfilled';
}

async function whoIsAdmitted(policy: Policy): Promise<string[]> {
  const people = { root, alice, bob };
  const verdicts = await Promise.all(Object.values(people).map((credentials) => admits(policy, credentials)));
  return Object.keys(people).filter((_, index) => verdicts[index]);
}

describe('who is admitted', () => {
  test.each<[string, Policy, string[]]>([
    ['without restriction: everybody', new Policy(), ['root', 'alice', 'bob']],
    ['privileged users', Policy.privilegedOnly(), ['root']],
    ['privileged users, asked for later', new Policy().requirePrivileged(), ['root']],
    ['a user by id', new Policy().withAllowedUid([userId(1001)]), ['alice']],
    ['a user by an id in digits, as credentials have it', new Policy().withAllowedUid([alice.uid]), ['alice']],
    ['a user by name', new Policy().withAllowedUid([ROOT.user]), ['root']],
    ['one of several users', new Policy().withAllowedUid([userId(1002), ROOT.user]), ['root', 'bob']],
    ['users of several calls', new Policy().withAllowedUid([userId(1002)]).withAllowedUid([userId(1001)]), ['alice', 'bob']],
    ['no user of an empty list', new Policy().withAllowedUid([]), []],
    ['a primary group', new Policy().withAllowedGroup([groupId(200)]), ['bob']],
    ['a supplementary group', new Policy().withAllowedGroup([String(groupId(44))]), ['alice']],
    ['a group by name', new Policy().withAllowedGroup([ROOT.group]), ['root']],
    ['groups of several calls', new Policy().withAllowedGroup([groupId(27)]).withAllowedGroup([groupId(200)]), ['alice', 'bob']],
    ['no group of an empty list', new Policy().withAllowedGroup([]), []],
    [
      'only those for whom all parts hold',
      new Policy().withAllowedUid([userId(1001), userId(1002)]).withAllowedGroup([ROOT.gid, groupId(200)]),
      ['bob'],
    ],
    ['nobody for whom one part fails', Policy.privilegedOnly().withAllowedUid([userId(1001)]), []],
    ['whom a validator admits', new Policy().withCredentialValidator(({ pid }) => pid === 20), ['bob']],
    [
      'whom all validators admit',
      new Policy().withCredentialValidator(({ pid }) => pid > 1).withCredentialValidator(({ pid }) => pid < 20),
      ['alice'],
    ],
  ])('%s', async (_, policy, admitted) => {
    expect(await whoIsAdmitted(policy)).toEqual(admitted);
    expect(await whoIsAdmitted(policy.resolve())).toEqual(admitted);
  });

  test("the process's own user and root, of Policy.sameUser()", async () => {
    const self = Credentials.currentProcess();
    const other = Credentials.from({ pid: 1, uid: String(userId(4_000_000)), gids: [...self.gids], isPrivileged: false });
    const policy = Policy.sameUser();
    expect(await Promise.all([self, root, other].map((credentials) => admits(policy, credentials)))).toEqual([true, true, false]);
  });
});

describe('the audience of a policy has whom it may admit, by the part that lets the fewest in:', () => {
  const [user, group] = [userId(1001), groupId(200)].map(String) as [string, string];
  const users = { users: [user], groups: [], privileged: false };
  const groups = { users: [], groups: [group], privileged: false };
  const privileged = { users: [], groups: [], privileged: true };

  test.each<[string, Policy, ReturnType<Policy['resolve']>['audience']]>([
    ['everybody without restriction', new Policy(), null],
    ['everybody if a validator alone decides', new Policy().withCredentialValidator(() => false), null],
    ['users', new Policy().withAllowedUid([user]), users],
    ['groups', new Policy().withAllowedGroup([group]), groups],
    ['the privileged', Policy.privilegedOnly(), privileged],
    ['the same user, and the privileged', Policy.sameUser(), { users: [SELF.uid], groups: [], privileged: true }],
    ['nobody', new Policy().withAllowedUid([]), { ...users, users: [] }],
    ['users before groups', new Policy().withAllowedGroup([group]).withAllowedUid([user]), users],
    ['users before the same user', Policy.sameUser().withAllowedUid([user]), users],
    ['the privileged before all', Policy.sameUser().withAllowedUid([user]).withAllowedGroup([group]).requirePrivileged(), privileged],
    ['ids for names', new Policy().withAllowedUid([ROOT.user]), { ...users, users: [ROOT.uid] }],
  ])('%s', (_, policy, audience) => {
    expect(policy.resolve().audience).toEqual(audience);
  });
});

describe('a refusal', () => {
  test.each<[string, Policy, string]>([
    ['of one who is not privileged', Policy.privilegedOnly(), 'it is not privileged'],
    ['of another user', Policy.sameUser(), `it is neither of user ${SELF.uid} nor privileged`],
    [
      'of a user who is not on the list',
      new Policy().withAllowedUid([ROOT.user, userId(7)]),
      `its user is none of those allowed (${ROOT.uid}, ${userId(7)})`,
    ],
    [
      'of groups that are not on the list',
      new Policy().withAllowedGroup([groupId(5)]),
      `none of its groups (${groupId(200)}) is one of those allowed (${groupId(5)})`,
    ],
    ['by a validator', new Policy().withCredentialValidator(() => false), 'a credential validator returned false'],
  ])('%s is EACCES and says who and why', async (_, policy, why) => {
    const error = errorLike({ name: 'GipsError', code: 'EACCES', message: `refuses process 20 of user ${bob.uid}: ${why}; ` });
    expect(() => policy.checkSync(bob)).toThrow(error);
    await expect(policy.check(bob)).rejects.toEqual(error);
  });

  test('names the service that the policy was resolved for', () => {
    const error = errorLike({ address: 'com.example', message: 'the policy for service "com.example" refuses process 20' });
    expect(() => Policy.privilegedOnly().resolve('com.example').checkSync(bob)).toThrow(error);
  });
});

describe('a validator', () => {
  const judge = (validator: unknown): Policy => new Policy().withCredentialValidator(validator as CredentialValidator);

  test('gets the credentials, and is not asked once another part has failed', async () => {
    const asked: Credentials[] = [];
    const policy = judge((credentials: Credentials) => void asked.push(credentials)).withAllowedUid([userId(1001)]);
    await policy.check(alice);
    await expect(policy.check(bob)).rejects.toEqual(errorLike({ code: 'EACCES' }));
    expect(asked).toEqual([alice]);
  });

  test.each([undefined, true])('admits by %p, at once or later', async (verdict) => {
    judge(() => verdict).checkSync(bob);
    await judge(() => verdict).check(bob);
    await judge(() => Promise.resolve(verdict)).check(bob);
  });

  test.each<unknown>([false, null, 0, 1, 'true', {}, Symbol('yes'), Object.create(null), () => true])(
    'denies by %p, at once or later',
    async (verdict) => {
      const refusal = errorLike({ code: 'EACCES', message: 'a credential validator returned' });
      expect(() => judge(() => verdict).checkSync(bob)).toThrow(refusal);
      await expect(judge(() => verdict).check(bob)).rejects.toEqual(refusal);
      await expect(judge(() => Promise.resolve(verdict)).check(bob)).rejects.toEqual(refusal);
    },
  );

  test.each<unknown>([new Error('no such account'), 'no such account', undefined, Object.create(null)])(
    'that throws %p denies, with it as the cause',
    async (thrown) => {
      const fail = (): never => {
        throw thrown;
      };
      const refusals = await Promise.allSettled([
        judge(fail).check(bob),
        judge(() => Promise.reject(thrown)).check(bob),
        Promise.resolve().then(() => judge(fail).checkSync(bob)),
      ]);
      for (const refusal of refusals) {
        const { reason } = refusal as PromiseRejectedResult;
        expect(reason).toEqual(errorLike({ code: 'EACCES', message: 'a credential validator failed' }));
        expect((reason as Error).cause).toBe(thrown);
      }
    },
  );

  test('that answers with a Promise denies in a blocking check, and its rejection goes nowhere', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const refusal = errorLike({ code: 'EACCES', cause: errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }) });
    expect(() => judge(() => Promise.resolve(true)).checkSync(bob)).toThrow(refusal);
    expect(() => judge(() => Promise.reject(new Error('late'))).checkSync(bob)).toThrow(refusal);
    await setImmediate();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('whose answer has a throwing "then" denies', async () => {
    const answer = {
      get then(): never {
        throw new Error('gotcha');
      },
    };
    const refusal = errorLike({ code: 'EACCES', cause: errorLike({ message: 'gotcha' }) });
    expect(() => judge(() => answer).checkSync(bob)).toThrow(refusal);
    await expect(judge(() => answer).check(bob)).rejects.toEqual(refusal);
  });
});

describe('names', () => {
  test.each([
    [
      new Policy().withAllowedUid([ROOT.uid, 'no-such-user']),
      "The argument 'users' must name a user of this system. Received 'no-such-user'",
    ],
    [new Policy().withAllowedGroup(['no-such-group']), "The argument 'groups' must name a group of this system. Received 'no-such-group'"],
  ])(
    'that the system does not know are an error when the policy is resolved or used, and the error tells the name',
    async (policy, message) => {
      const unknown = errorLike({ code: 'ERR_INVALID_ARG_VALUE', message });
      expect(() => policy.resolve()).toThrow(unknown);
      expect(() => policy.checkSync(root)).toThrow(unknown);
      await expect(policy.check(root)).rejects.toEqual(unknown);
    },
  );

  test('stand for their ids', async () => {
    expect(await admits(new Policy().withAllowedUid([ROOT.user]).withAllowedGroup([ROOT.group]), root)).toBe(true);
  });

  testOnPosix("stand for the ids that the system's own tools tell", async () => {
    const id = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
    const nobody = Credentials.from({ pid: 1, uid: String(id), gids: [String(id)], isPrivileged: false });
    expect(await admits(new Policy().withAllowedUid(['nobody']), nobody)).toBe(true);
  });
});

describe('a bad argument is refused at once', () => {
  const build = {
    withAllowedUid: (list: unknown) => new Policy().withAllowedUid(list as number[]),
    withAllowedGroup: (list: unknown) => new Policy().withAllowedGroup(list as number[]),
  };

  test.each(Object.entries(build))('%s', (_, withAllowed) => {
    for (const list of ['root', 5, undefined, null, new Set([1])])
      expect(() => withAllowed(list)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
    for (const list of [[null], [1, {}], [['root']], [1n]])
      expect(() => withAllowed(list)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
    for (const list of [[-1], [1.5], [NaN], [2 ** 32 - 1], ['4294967295'], ['9'.repeat(400)]])
      expect(() => withAllowed(list)).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
    for (const list of [[''], ['a\0b']]) expect(() => withAllowed(list)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE' }));
  });

  test('and the message names the element', () => {
    expect(() => build.withAllowedUid([0, -1])).toThrow('"users[1]"');
    expect(() => build.withAllowedGroup([null])).toThrow('"groups[0]"');
  });

  test('withCredentialValidator', () => {
    expect(() => new Policy().withCredentialValidator(true as never)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });

  test('check', async () => {
    const invalid = errorLike({ code: 'ERR_INVALID_ARG_TYPE', message: 'must be an instance of Credentials' });
    await expect(new Policy().check({ pid: 1, uid: '0' } as never)).rejects.toEqual(invalid);
    expect(() => new Policy().checkSync(undefined as never)).toThrow(invalid);
  });
});

testOnPosix('the largest id is 2^32 - 2', () => {
  const last = Credentials.from({ pid: 1, uid: String(2 ** 32 - 2), gids: [], isPrivileged: false });
  new Policy().withAllowedUid([2 ** 32 - 2]).checkSync(last);
});

test('every method leaves the policy as it was', () => {
  const policy = new Policy();
  const users = [userId(1001)];
  const restricted = policy.withAllowedUid(users);
  users.push(userId(1002));
  policy.requirePrivileged();
  policy.withAllowedGroup([groupId(1)]);
  policy.withCredentialValidator(() => false);
  policy.checkSync(bob);
  expect(() => restricted.checkSync(bob)).toThrow();
});

test('a policy is unrestricted until something restricts it', () => {
  expect(new Policy().isUnrestricted).toBe(true);
  const policies = [
    Policy.sameUser(),
    Policy.privilegedOnly(),
    new Policy().withAllowedUid([]),
    new Policy().withAllowedGroup([]),
    new Policy().withCredentialValidator(() => true),
  ];
  for (const policy of policies) expect(policy.isUnrestricted).toBe(false);
});
