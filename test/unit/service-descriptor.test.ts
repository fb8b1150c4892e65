import { inspect } from 'node:util';
import { Credentials } from '#lib/ipc/credentials.js';
import { Policy } from '#lib/ipc/policy.js';
import { ServiceDescriptor } from '#lib/ipc/service-descriptor.js';
import { groupId, ROOT, userId } from '../support/accounts.js';
import { errorLike } from '../support/errors.js';

const root = Credentials.from({ pid: 1, uid: ROOT.uid, gids: [ROOT.gid], isPrivileged: true });
const alice = Credentials.from({ pid: 10, uid: String(userId(1001)), gids: [String(groupId(100))], isPrivileged: false });

function admits({ policy }: ServiceDescriptor, credentials: Credentials): boolean {
  try {
    policy?.checkSync(credentials);
    return policy !== undefined;
  } catch {
    return false;
  }
}

test('has its name and, until told otherwise, the default policy', () => {
  const service = new ServiceDescriptor('com.example.echo');
  expect(service.name).toBe('com.example.echo');
  expect(service.policy).toBeUndefined();
});

test.each([
  ['', 'ERR_INVALID_ARG_VALUE'],
  ['a\0b', 'ERR_INVALID_ARG_VALUE'],
  [5, 'ERR_INVALID_ARG_TYPE'],
  ['n'.repeat(101), 'ENAMETOOLONG'],
])('cannot have the name %p', (name, code) => {
  expect(() => new ServiceDescriptor(name as string)).toThrow(errorLike({ code }));
});

test.each<[string, (service: ServiceDescriptor) => ServiceDescriptor, boolean, boolean]>([
  ['withPolicy', (service) => service.withPolicy(new Policy()), true, true],
  ['requirePrivileged', (service) => service.requirePrivileged(), true, false],
  ['withAllowedUid', (service) => service.withAllowedUid([userId(1001)]), false, true],
  ['withAllowedGroup', (service) => service.withAllowedGroup([groupId(100)]), false, true],
  ['withCredentialValidator', (service) => service.withCredentialValidator(({ pid }) => pid === 10), false, true],
])('%s replaces the default policy in a new descriptor', (_, restrict, forRoot, forAlice) => {
  const service = new ServiceDescriptor('x');
  const restricted = restrict(service);
  expect(service.policy).toBeUndefined();
  expect(restricted.name).toBe('x');
  expect(admits(restricted, root)).toBe(forRoot);
  expect(admits(restricted, alice)).toBe(forAlice);
});

test('further restrictions add up', () => {
  const service = new ServiceDescriptor('x')
    .withAllowedUid([ROOT.uid])
    .withAllowedUid([userId(1001)])
    .withAllowedGroup([groupId(100)]);
  expect(admits(service, root)).toBe(false);
  expect(admits(service, alice)).toBe(true);
});

test('a policy must be a Policy', () => {
  expect(() => new ServiceDescriptor('x').withPolicy({} as Policy)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
});

test('cannot be changed, and prints its name', () => {
  const service = new ServiceDescriptor('x');
  expect(() => Object.assign(service, { name: 'y' })).toThrow(TypeError);
  expect(inspect(service)).toBe("ServiceDescriptor { name: 'x' }");
});

test('bind and connect take a name or a descriptor', () => {
  const service = new ServiceDescriptor('x');
  expect(ServiceDescriptor.from(service)).toBe(service);
  expect(ServiceDescriptor.from('y').name).toBe('y');
  expect(() => ServiceDescriptor.from(5 as never)).toThrow(
    'The "service" argument must be of type string or an instance of ServiceDescriptor',
  );
});
