import {
  busyError,
  closedError,
  GipsError,
  invalidArgType,
  invalidArgValue,
  outOfRange,
  systemError,
  timeoutError,
  unsupportedError,
} from '#lib/errors.js';
import { errnoOf } from '#lib/native/errno.js';

import { testOnPosix } from '../support/platform.js';

test('a GipsError has only the details that were given', () => {
  const error = new GipsError('it failed', { code: 'EPIPE' });
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('GipsError');
  expect(Object.keys(error)).toEqual(['code']);
  expect(String(error)).toBe('GipsError: it failed');
  expect('cause' in error).toBe(false);
});

test('a GipsError has all details that were given', () => {
  const cause = new Error('behind it');
  const details = { code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: 'com.example', cause };
  expect(new GipsError('it failed', details)).toMatchObject(details);
});

describe('a system error', () => {
  test('says what was attempted, why it failed and what to do', () => {
    const error = systemError(errnoOf('ECONNREFUSED'), 'connect', 'connect to "com.example"', 'com.example');
    expect(error.message).toBe(
      'connect to "com.example": connection refused (ECONNREFUSED); check that the service is running and that the name is right',
    );
    expect(error).toMatchObject({ code: 'ECONNREFUSED', errno: errnoOf('ECONNREFUSED'), syscall: 'connect', address: 'com.example' });
  });

  test.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'] as const)(
    'for the shortage %s is EAGAIN, and its number and message tell the truth',
    (name) => {
      const error = systemError(errnoOf(name), 'accept', 'accept a client');
      expect(error).toMatchObject({ code: 'EAGAIN', errno: errnoOf(name) });
      expect(error.message).toContain(`(${name})`);
    },
  );

  testOnPosix('knows ETOOMANYREFS, which libuv has no name for', () => {
    const error = systemError(-109, 'sendmsg', 'send');
    expect(error.code).toBe('EAGAIN');
    expect(error.message).toContain('(ETOOMANYREFS)');
  });

  test.each([
    ['ENOENT', 'connect', 'ECONNREFUSED'],
    ['ENOENT', 'bind', 'ENOENT'],
    ['ENOTDIR', 'connect', 'ECONNREFUSED'],
    ['EPROTOTYPE', 'connect', 'ECONNREFUSED'],
    ['EPERM', 'connect', 'EACCES'],
    ['EBADF', 'fcntl', 'EINVAL'],
    ['ENOTSOCK', 'getsockopt', 'EINVAL'],
    ['ENOSYS', 'pidfd_open', 'ERR_GIPS_UNSUPPORTED'],
    ['EADDRINUSE', 'bind', 'EADDRINUSE'],
  ] as const)('%s of %s has the public code %s', (name, syscall, code) => {
    expect(systemError(errnoOf(name), syscall, 'do it').code).toBe(code);
  });

  test('with an unknown number is EINVAL and tells the number', () => {
    const error = systemError(-4000, 'ioctl', 'do it');
    expect(error).toMatchObject({ code: 'EINVAL', errno: -4000 });
    expect(error.message).toContain('errno 4000');
  });
});

test('the other errors have their codes and say what happened', () => {
  expect(closedError('Endpoint "x"', 'x')).toMatchObject({
    code: 'ERR_GIPS_CLOSED',
    message: 'Endpoint "x" is closed; open a new one',
    address: 'x',
  });
  expect(busyError('taken')).toMatchObject({ code: 'ERR_GIPS_BUSY', message: 'taken' });
  expect(unsupportedError('not here')).toMatchObject({ code: 'ERR_GIPS_UNSUPPORTED', message: 'not here' });
  expect(timeoutError('connect to "x"', 50, 'x')).toMatchObject({
    code: 'ETIMEDOUT',
    message: expect.stringMatching(/^connect to "x": timed out after 50 ms/),
    address: 'x',
  });
});

describe('an argument of the wrong type', () => {
  test('is a TypeError with a code, named and contrasted with what was expected', () => {
    const error = invalidArgType('name', 'of type string', 5);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
    expect(error.message).toBe('The "name" argument must be of type string. Received type number (5)');
    expect(error.stack).not.toContain('invalidArgType');
  });

  test('within an options object is called a property', () => {
    expect(invalidArgType('options.timeout', 'of type number', '1').message).toMatch(/^The "options.timeout" property must be /);
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'type boolean (true)'],
    [10n, 'type bigint (10n)'],
    [Symbol('s'), 'type symbol (Symbol(s))'],
    ['a long text that would fill the line', "type string ('a long text that would f...)"],
    [[1], 'an instance of Array'],
    [new Map(), 'an instance of Map'],
    [Object.create(null), '[Object: null prototype] {}'],
    [function listen() {}, 'function listen'],
  ])('is described: %p', (value, description) => {
    expect(invalidArgType('x', 'something else', value).message).toContain(`Received ${description}`);
  });
});

test('a value that makes no sense is a TypeError that shows it, shortened', () => {
  const error = invalidArgValue('name', '', 'must not be empty');
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: "The argument 'name' must not be empty. Received ''" });
  expect(invalidArgValue('options.x', 'y'.repeat(1000), 'is bad').message.length).toBeLessThan(200);
});

test('a number out of range is a RangeError that names the range', () => {
  const error = outOfRange('timeout', '0 to 10', NaN);
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({
    code: 'ERR_OUT_OF_RANGE',
    message: 'The value of "timeout" is out of range. It must be 0 to 10. Received NaN',
  });
});
