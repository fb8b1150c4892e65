import { Endpoint, Listener, Policy, ServiceDescriptor } from 'gips';
import { testOnPosix } from '../support/accounts.js';
import { badArgument, failureOf } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';

/** What has the builder methods of a policy. */
const BUILDERS: [name: string, create: () => Policy | ServiceDescriptor][] = [
  ['a Policy', () => new Policy()],
  ['a ServiceDescriptor', () => new ServiceDescriptor('service')],
];
const LISTS = [
  ['withAllowedUid', 'users'],
  ['withAllowedGroup', 'groups'],
] as const;

describe.each(BUILDERS)('%s', (_, create) => {
  describe.each(LISTS)('%s', (method, argument) => {
    test.each([undefined, null, 0, 'root', {}, new Set(['root'])])('does not take %p for a list', async (list) => {
      const failure = badArgument('ERR_INVALID_ARG_TYPE', argument, 'an array of ids and names');
      expect(await failureOf('throws', () => create()[method](list as never))).toEqual(failure);
    });

    test.each([null, undefined, {}, true, ['root'], 1n])('does not take %p for an id or a name', async (principal) => {
      const failure = badArgument('ERR_INVALID_ARG_TYPE', `${argument}[1]`, 'an id or a name');
      expect(await failureOf('throws', () => create()[method](['root', principal] as never))).toEqual(failure);
    });

    test.each([-1, 1.5, NaN, Infinity, 2 ** 32 - 1, '99999999999'])('does not take %p for an id', async (principal) => {
      const failure = badArgument('ERR_OUT_OF_RANGE', `${argument}[0]`, 'an integer from 0 to 4294967294');
      expect(await failureOf('throws', () => create()[method]([principal]))).toEqual(failure);
    });

    test.each(['', 'a\0b'])('does not take %p for a name', async (principal) => {
      const failure = badArgument('ERR_INVALID_ARG_VALUE', `${argument}[0]`, 'must not be empty or contain a NUL');
      expect(await failureOf('throws', () => create()[method]([principal]))).toEqual(failure);
    });
  });

  test.each([undefined, null, 5, {}, 'validator'])('does not take %p for a validator', async (validator) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'validator', 'of type function');
    expect(await failureOf('throws', () => create().withCredentialValidator(validator as never))).toEqual(failure);
  });
});

test.each([undefined, null, 5, {}, 'sameUser', () => true])('a ServiceDescriptor does not take %p for a policy', async (policy) => {
  const failure = badArgument('ERR_INVALID_ARG_TYPE', 'policy', 'an instance of Policy');
  expect(await failureOf('throws', () => new ServiceDescriptor('service').withPolicy(policy as never))).toEqual(failure);
});

test.each([undefined, null, 5, {}, { pid: 1, uid: '0', gids: [], isPrivileged: true }])(
  'a policy does not judge %p',
  async (credentials) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'credentials', 'an instance of Credentials');
    expect(await failureOf('rejects', () => new Policy().check(credentials as never))).toEqual(failure);
    expect(await failureOf('throws', () => new Policy().checkSync(credentials as never))).toEqual(failure);
  },
);

describe.each([
  ['user', 'users', new Policy().withAllowedUid([0, 'nobody-by-this-name'])],
  ['group', 'groups', new Policy().withAllowedGroup(['nobodies-of-this-name'])],
])('a policy with an unknown %s', (kind, argument, policy) => {
  const failure = badArgument('ERR_INVALID_ARG_VALUE', argument, `must name a ${kind} of this system`);

  test('is refused when a listener would use it, and the name stays free', async () => {
    const name = serviceName();
    const service = new ServiceDescriptor(name).withPolicy(policy);
    expect(await failureOf('rejects', () => Listener.bind(service))).toEqual(failure);
    expect(await failureOf('throws', () => Listener.bindSync(service))).toEqual(failure);
    keep(Listener.bindSync(name));
  });

  testOnPosix('is refused when it would be for the listener of another process', async () => {
    const creator = keep(Listener.bindSync(serviceName()));
    const shared = keep(creator.share());
    expect(await failureOf('rejects', () => Listener.from(shared, { policy }))).toEqual(failure);
    keep(await Listener.from(shared));
  });

  test('is refused when a client would use it, before the server hears of the client', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    expect(await failureOf('rejects', () => Endpoint.connect(listener.name, { serverPolicy: policy }))).toEqual(failure);
    expect(await failureOf('throws', () => Endpoint.connectSync(listener.name, { serverPolicy: policy }))).toEqual(failure);
    let clients = 0;
    listener.on('connection', () => (clients += 1)).on('rejected', () => (clients += 1));
    keep(Endpoint.connectSync(listener.name)).sendSync('the first client');
    expect(listener.acceptSync(5000).message.text()).toBe('the first client');
    expect(clients).toBe(1);
  });
});
