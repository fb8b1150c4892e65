import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { Credentials } from '#lib/ipc/credentials.js';

const root = Credentials.from({ pid: 1, uid: '0', gids: ['0'], isPrivileged: true });
const someone = Credentials.from({ pid: 42, uid: '1234567', gids: ['100', '7'], isPrivileged: false });

test('those of this process are what the system says of it', () => {
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
  expect(root.userName).toBe('root');
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
