import vm from 'node:vm';
import {
  payloadSize,
  validateCallOptions,
  validateFunction,
  validateInteger,
  validateObject,
  validatePayload,
  validateString,
  validateTimeout,
} from '#lib/validate.js';
import { errorLike } from '../support/errors.js';

const invalidType = errorLike({ code: 'ERR_INVALID_ARG_TYPE' });
const outOfRange = errorLike({ code: 'ERR_OUT_OF_RANGE' });

describe('a timeout', () => {
  test.each([0, 0.5, 1, 2 ** 31 - 1, Infinity])('may be %p', (timeout) => {
    expect(validateTimeout(timeout)).toBe(timeout);
  });

  test('is unlimited unless given', () => {
    expect(validateTimeout(undefined)).toBe(Infinity);
  });

  test.each([-1, NaN, -Infinity, 2 ** 31])('must not be %p', (timeout) => {
    expect(() => validateTimeout(timeout)).toThrow(outOfRange);
  });

  test.each(['1', null, 1n, {}])('must be a number, not %p', (timeout) => {
    expect(() => validateTimeout(timeout)).toThrow(invalidType);
  });

  test('is named as the caller knows it', () => {
    expect(() => validateTimeout(-1, 'options.timeout')).toThrow('"options.timeout"');
  });
});

describe('call options', () => {
  test('may be left out', () => {
    expect(validateCallOptions(undefined)).toEqual({ signal: undefined, timeout: Infinity });
    expect(validateCallOptions({})).toEqual({ signal: undefined, timeout: Infinity });
  });

  test('are taken as they are, and others are ignored', () => {
    const { signal } = new AbortController();
    expect(validateCallOptions({ signal, timeout: 5, colour: 'red' })).toEqual({ signal, timeout: 5 });
  });

  test('accept the signal of another realm', () => {
    const signal: unknown = vm.runInNewContext('({ aborted: false })');
    expect(validateCallOptions({ signal }).signal).toBe(signal);
  });

  test.each([null, 5, 'now', [], () => undefined])('must be an object, not %p', (options) => {
    expect(() => validateCallOptions(options)).toThrow(invalidType);
  });

  test.each([null, 5, {}, new EventTarget()])('must not have the signal %p', (signal) => {
    expect(() => validateCallOptions({ signal })).toThrow('"options.signal" property must be an instance of AbortSignal');
  });

  test('must not have a negative timeout', () => {
    expect(() => validateCallOptions({ timeout: -1 })).toThrow(outOfRange);
  });
});

describe('a payload', () => {
  test.each([
    ['a string', 'text', 4],
    ['an empty string', '', 0],
    ['a string of several bytes per character', 'grüß €😀', 14],
    ['half a surrogate pair, which travels as U+FFFD', '\ud800', 3],
    ['an ArrayBuffer', new ArrayBuffer(5), 5],
    ['a Buffer', Buffer.from('abc'), 3],
    ['an empty Buffer', Buffer.alloc(0), 0],
    ['a part of a typed array', new Float64Array(4).subarray(1, 3), 16],
    ['a DataView', new DataView(new ArrayBuffer(8), 1, 6), 6],
    ['a view on shared memory', new Uint8Array(new SharedArrayBuffer(7)), 7],
    ['an ArrayBuffer of another realm', vm.runInNewContext('new ArrayBuffer(9)') as ArrayBuffer, 9],
  ])('may be %s', (_, payload, size) => {
    expect(validatePayload(payload)).toBe(payload);
    expect(payloadSize(payload)).toBe(size);
  });

  test.each([undefined, null, 5, {}, [1, 2], new SharedArrayBuffer(4), Symbol('s')])('must not be %p', (payload) => {
    expect(() => validatePayload(payload)).toThrow(invalidType);
    expect(() => validatePayload(payload)).toThrow('The "payload" argument must be of type string or an instance of ArrayBuffer');
  });

  test.each([
    ['an ArrayBuffer', (buffer: ArrayBuffer) => buffer],
    ['a Buffer', (buffer: ArrayBuffer) => Buffer.from(buffer)],
    ['a typed array', (buffer: ArrayBuffer) => new Uint16Array(buffer)],
    ['a DataView', (buffer: ArrayBuffer) => new DataView(buffer)],
  ])('must not be %s whose memory has been transferred away', (_, wrap) => {
    const buffer = new ArrayBuffer(8);
    const payload = wrap(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    expect(() => validatePayload(payload)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE' }));
  });
});

test('an integer is within its limits', () => {
  expect(validateInteger(1, 'n', 1, 3)).toBe(1);
  expect(validateInteger(3, 'n', 1, 3)).toBe(3);
  for (const value of [0, 4, 1.5, NaN, Infinity]) expect(() => validateInteger(value, 'n', 1, 3)).toThrow(outOfRange);
  for (const value of ['1', undefined, null, 1n]) expect(() => validateInteger(value, 'n', 1, 3)).toThrow(invalidType);
});

test.each([
  [validateString, 'text', 5],
  [validateFunction, Math.max, {}],
  [validateObject, { a: 1 }, [1]],
])('%p returns what it was given or throws', (validate, good, bad) => {
  expect(validate(good, 'x')).toBe(good);
  expect(() => validate(bad, 'x')).toThrow(invalidType);
  expect(() => validate(undefined, 'x')).toThrow('The "x" argument must be of type');
});
