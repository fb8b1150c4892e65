import { nameOf, resolveAddress, validateName } from '#lib/ipc/names.js';
import { testOnPosix, testOnWindows } from '../support/accounts.js';
import { errorLike } from '../support/errors.js';

test.each(['x', 'com.example.echo', '/run/echo.sock', 'with spaces', 'n'.repeat(100), 'ü'.repeat(50), '😀'.repeat(25)])(
  '%p is a name',
  (name) => {
    expect(validateName(name)).toBe(name);
  },
);

test.each([undefined, null, 5, Buffer.from('x'), ['x']])('%p is not even a string', (name) => {
  expect(() => validateName(name)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
});

test.each([
  ['', 'must not be empty'],
  ['a\0b', 'must not contain a NUL'],
  ['\0abstract', 'must not contain a NUL'],
  ['\ud800', 'must not contain half a surrogate pair'],
])('%p is no name, and the message says why', (name, reason) => {
  expect(() => validateName(name)).toThrow(errorLike({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }));
  expect(() => validateName(name)).toThrow(`The argument 'name' ${reason}`);
});

test.each(['n'.repeat(101), 'ü'.repeat(51), '/'.repeat(500)])('a name over 100 bytes is ENAMETOOLONG', (name) => {
  const message = `${Buffer.byteLength(name)} bytes`;
  expect(() => validateName(name)).toThrow(errorLike({ name: 'GipsError', code: 'ENAMETOOLONG', address: name, message }));
});

testOnPosix('a relative name is an abstract address', () => {
  expect(Buffer.from(resolveAddress('echo')).toString('latin1')).toBe('\0echo');
});

testOnPosix('a name that starts with a slash is a path', () => {
  expect(Buffer.from(resolveAddress('/run/echo')).toString('latin1')).toBe('/run/echo');
});

testOnPosix('the address of a path leads back to it', () => {
  expect(nameOf(resolveAddress('/run/echo'))).toBe('/run/echo');
});

testOnWindows('a name is a pipe, of which nothing is resolved as in a path', () => {
  expect(Buffer.from(resolveAddress('echo/../x.')).toString()).toBe('\\\\?\\pipe\\echo/../x.');
});

testOnWindows('a socket file and a path of pipes are no names', () => {
  expect(() => resolveAddress('/run/echo')).toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
  expect(() => resolveAddress('a\\b')).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE' }));
});

test.each(['echo', 'grüße', 'a/b'])('the address of %p leads back to it', (name) => {
  expect(nameOf(resolveAddress(name))).toBe(name);
});
