import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { inspect } from 'node:util';
import { Credentials } from '#lib/ipc/credentials.js';
import { ROOT, testOnPosix, testOnWindows } from '../support/accounts.js';

/** Groups of every process that somebody has logged in for. */
const EVERYONE = 'S-1-1-0';
const AUTHENTICATED_USERS = 'S-1-5-11';

const root = Credentials.from({ pid: 1, uid: ROOT.uid, gids: [ROOT.gid], isPrivileged: true });
const someone = Credentials.from({ pid: 42, uid: '1234567', gids: ['100', '7'], isPrivileged: false });

testOnWindows('those of this process are what the system says of it', () => {
  const own = Credentials.currentProcess();
  expect(own.pid).toBe(process.pid);
  expect(own.uid).toMatch(/^S-1-5-21(-\d+){4}$/);
  expect(own.userName).toBe(userInfo().username);
  expect(own.gids).toEqual(expect.arrayContaining([EVERYONE, AUTHENTICATED_USERS]));
});

testOnPosix('those of this process are what the system says of it', () => {
  const own = Credentials.currentProcess();
  expect(own.pid).toBe(process.pid);
  expect(own.uid).toBe(String(process.geteuid?.()));
  expect(own.gids[0]).toBe(String(process.getegid?.()));
  expect(new Set(own.gids)).toEqual(new Set([process.getegid?.(), ...(process.getgroups?.() ?? [])].map(String)));
  expect(own.userName).toBe(execFileSync('id', ['-un'], { encoding: 'utf8' }).trim());
});

test('ids are strings, the primary group comes first', () => {
  expect(someone).toMatchObject({ pid: 42, uid: '1234567', gids: ['100', '7'] });
});

test('root alone is privileged', () => {
  expect(root.isPrivileged).toBe(true);
  expect(someone.isPrivileged).toBe(false);
});

test('a user has a name if the system knows one', () => {
  expect(root.userName).toBe(ROOT.user);
  expect(someone.userName).toBeUndefined();
});

test('nothing of them can be changed', () => {
  expect(() => Object.assign(someone, { uid: '0' })).toThrow(TypeError);
  expect(() => (someone.gids as string[]).push('0')).toThrow(TypeError);
  expect(someone.uid).toBe('1234567');
});

test('they print what they say', () => {
  expect(inspect(someone)).toBe("Credentials {\n  pid: 42,\n  uid: '1234567',\n  gids: [ '100', '7' ],\n  isPrivileged: false\n}");
});
