import { setTimeout as sleep } from 'node:timers/promises';
import { type CredentialValidator, type Credentials, Endpoint, Policy } from 'gips';

import { SELF } from '../support/accounts.js';
import { BarePeer } from '../support/bare-peer.js';
import { within } from '../support/deadline.js';
import { Door, knock, outcomeOf, WELCOME } from '../support/door.js';
import { errorLike } from '../support/errors.js';
import { hello, message } from '../support/greetings.js';
import { testAsRoot } from '../support/processes.js';

const GROUP = 12_345;

function openDoor(validator: CredentialValidator, options?: { greetingTimeout: number }): Promise<Door> {
  return Door.open(new Policy().withCredentialValidator(validator), options);
}

test.each<[string, CredentialValidator]>([
  ['returns nothing', () => undefined],
  ['returns true', () => true],
  ['returns a Promise of nothing', () => sleep(5)],
  ['returns a Promise of true', () => sleep(5, true)],
])('a validator that %s admits', async (_, validator) => {
  const door = await openDoor(validator);
  expect(await outcomeOf(door.name)).toBe(WELCOME);
});

test.each<[string, () => unknown]>([
  ['returns false', () => false],
  ['returns null', () => null],
  ['returns 1', () => 1],
  ['returns "true"', () => 'true'],
  ['returns an object', () => ({})],
  ['returns a Promise of false', () => sleep(5, false)],
  ['returns a Promise of 1', () => Promise.resolve(1)],
])('a validator that %s denies', async (_, validator) => {
  const door = await openDoor(validator as CredentialValidator);
  expect(await outcomeOf(door.name)).toMatchObject({ code: 'EACCES' });
  expect((await door.rejection()).error).toMatchObject({ code: 'EACCES' });
  expect(door.messages).toEqual([]);
});

const reason = new Error('a secret of the server');

test.each<[string, CredentialValidator]>([
  [
    'throws',
    () => {
      throw reason;
    },
  ],
  ['rejects', () => Promise.reject(reason)],
])('a validator that %s denies, and its error is for the server alone', async (_, validator) => {
  const door = await openDoor(validator);
  const outcome = await outcomeOf(door.name);
  expect(outcome).toMatchObject({ code: 'EACCES' });
  expect(JSON.stringify(outcome)).not.toContain('secret');
  const { error } = await door.rejection();
  expect(error).toMatchObject({ code: 'EACCES' });
  expect(error.cause).toBe(reason);
});

test('a validator that throws something strange denies too', async () => {
  const door = await openDoor(() => {
    throw undefined;
  });
  await expect(Endpoint.connect(door.name)).rejects.toThrow(errorLike({ code: 'EACCES' }));
  expect((await door.rejection()).error).toMatchObject({ code: 'EACCES' });
});

test('all of several validators must admit, and a validator cannot make up for another part', async () => {
  const asked: string[] = [];
  const policy = new Policy()
    .withCredentialValidator(() => void asked.push('first'))
    .withCredentialValidator(() => asked.push('second') === 0)
    .withCredentialValidator(() => void asked.push('third'));
  const door = await Door.open(policy);
  await expect(Endpoint.connect(door.name)).rejects.toThrow(errorLike({ code: 'EACCES' }));
  expect(asked).toEqual(['first', 'second']);
  const other = await Door.open(new Policy().withAllowedUid([]).withCredentialValidator(() => true));
  await expect(Endpoint.connect(other.name)).rejects.toThrow(errorLike({ code: 'EACCES' }));
});

test('a validator sees the process that knocks', async () => {
  const seen: Credentials[] = [];
  const door = await openDoor((credentials) => void seen.push(credentials));
  const client = knock(door.name);
  expect(await client.next('outcome')).toBe(WELCOME);
  expect(seen).toHaveLength(1);
  const [{ pid, uid, gids, isPrivileged }] = seen as [Credentials];
  expect({ pid, uid, isPrivileged }).toEqual({ pid: client.pid, uid: SELF.uid, isPrivileged: SELF.isPrivileged });
  expect(gids).toContain(SELF.gid);
});

testAsRoot('a validator sees the user and all groups of a process of another user', async () => {
  const seen: Credentials[] = [];
  const door = await openDoor((credentials) => void seen.push(credentials));
  const client = knock(door.name, { as: 'nobody', groups: [GROUP, GROUP + 1] });
  expect(await client.next('outcome')).toBe(WELCOME);
  expect(seen[0]).toMatchObject({ pid: client.pid, uid: '65534', isPrivileged: false, userName: 'nobody' });
  expect(seen[0]!.gids[0]).toBe('65534');
  expect([...seen[0]!.gids].sort()).toEqual([String(GROUP), String(GROUP + 1), '65534']);
});

test('a validator that takes its time holds up nobody else, and what the client sends meanwhile waits', async () => {
  let admit = (): void => {};
  const decision = new Promise<void>((resolve) => (admit = resolve));
  const slow = new BarePeer();
  const door = await openDoor(({ pid }) => (pid === slow.pid ? decision : undefined));
  await slow.connect(door.name);
  await slow.send(Buffer.concat([hello(door.name), message('patience')]));
  expect(await outcomeOf(door.name)).toBe(WELCOME);
  expect(door.messages).toEqual(['knock knock']);
  admit();
  await slow.receive();
  await slow.receive();
  expect(door.messages).toEqual(['knock knock', 'patience']);
});

test('a validator that takes too long denies', async () => {
  const door = await openDoor(({ pid }) => (pid === process.pid ? undefined : new Promise(() => {})), { greetingTimeout: 1_000 });
  const client = await BarePeer.connect(door.name);
  await client.send(Buffer.concat([hello(door.name), message('hello')]));
  await client.receiveEnd();
  expect((await door.rejection()).error).toMatchObject({ code: 'ETIMEDOUT' });
  const endpoint = await Endpoint.connect(door.name);
  await endpoint.close();
  expect(door.messages).toEqual([]);
});

test('a client that is killed while a validator looks at it is not admitted', async () => {
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let decide = (): void => {};
  const decision = new Promise<void>((resolve) => (decide = resolve));
  const door = await openDoor(({ pid }) => {
    if (pid === process.pid) return undefined;
    begin();
    return decision;
  });
  const client = await BarePeer.connect(door.name);
  await client.send(Buffer.concat([hello(door.name), message('hello')]));
  await within(begun, 'the validator');
  await client.kill();
  decide();
  expect(await door.rejection()).toMatchObject({ error: { code: 'EACCES' }, credentials: { pid: client.pid } });
  const endpoint = await Endpoint.connect(door.name);
  await endpoint.close();
  expect({ messages: door.messages, connections: door.connections }).toEqual({ messages: [], connections: 1 });
});
