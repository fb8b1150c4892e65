import { validateConnectOptions, validateListenerOptions } from '#lib/ipc/options.js';
import { Policy } from '#lib/ipc/policy.js';
import { errorLike } from '../support/errors.js';

const COMMON_RANGES = { maxMessageSize: [1, 2 ** 31 - 1], highWaterMark: [1, 2 ** 31 - 1] };

test('a listener has defaults for everything', () => {
  const defaults = {
    backlog: 1024,
    maxConnections: Infinity,
    greetingTimeout: 5000,
    idleTimeout: Infinity,
    maxMessageSize: 67_108_864,
    highWaterMark: 1_048_576,
    wire: 'auto',
    spin: 0,
  };
  expect(validateListenerOptions()).toEqual(defaults);
  expect(validateListenerOptions({ backlog: undefined, keepAlive: false, colour: 'red' })).toEqual(defaults);
});

test('a connection has defaults for everything', () => {
  const { serverPolicy, ...defaults } = validateConnectOptions();
  expect(serverPolicy).toBeInstanceOf(Policy);
  expect(serverPolicy.isUnrestricted).toBe(false);
  expect(defaults).toEqual({
    maxMessageSize: 67_108_864,
    highWaterMark: 1_048_576,
    wire: 'gips',
    signal: undefined,
    timeout: Infinity,
    wait: false,
    ring: undefined,
    spin: 0,
  });
});

test('what is given is taken', () => {
  const keepAlive = { interval: 7, timeout: 8 };
  const listening = {
    backlog: 1,
    maxConnections: 2,
    greetingTimeout: 3,
    idleTimeout: 9,
    maxMessageSize: 4,
    highWaterMark: 5,
    wire: 'auto',
    spin: 6,
    keepAlive,
  };
  expect(validateListenerOptions(listening)).toEqual(listening);
  const connecting = {
    maxMessageSize: 4,
    highWaterMark: 5,
    wire: 'gips',
    signal: AbortSignal.abort(),
    timeout: 6,
    serverPolicy: new Policy(),
    wait: true,
    keepAlive,
    ring: { size: 8192 },
    spin: 7,
  };
  expect(validateConnectOptions(connecting)).toEqual({ ...connecting, ring: 8192 });
});

describe.each([
  ['a listener', validateListenerOptions, { ...COMMON_RANGES, backlog: [1, 65_535], maxConnections: [1, 2 ** 31 - 1] }],
  ['a connection', validateConnectOptions, COMMON_RANGES],
])('%s', (_, validate, ranges) => {
  test.each(Object.entries(ranges))('has %s within its range', (name, [min = 0, max = 0]) => {
    expect(validate({ [name]: min })).toMatchObject({ [name]: min });
    expect(validate({ [name]: max })).toMatchObject({ [name]: max });
    for (const value of [min - 1, max + 1, 1.5, NaN, -Infinity])
      expect(() => validate({ [name]: value })).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE', message: `"options.${name}"` }));
    for (const value of ['5', null, {}, 5n]) expect(() => validate({ [name]: value })).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });

  test('speaks a wire there is', () => {
    expect(() => validate({ wire: 'tcp' })).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE', message: "'gips', 'raw'" }));
  });

  test('does not pretend to keep a raw connection alive', () => {
    expect(() => validate({ wire: 'raw', keepAlive: { interval: 1, timeout: 1 } })).toThrow(
      errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'options.keepAlive' }),
    );
    validate({ wire: 'raw', keepAlive: false });
  });

  test.each([null, 5, 'fast', []])('has an object for options, not %p', (options) => {
    expect(() => validate(options)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });
});

test('a client cannot speak whatever comes first', () => {
  expect(() => validateConnectOptions({ wire: 'auto' })).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE' }));
});

test('a server is judged by a Policy', () => {
  expect(() => validateConnectOptions({ serverPolicy: {} })).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
});

test.each([
  [true, 262_144],
  [{ size: 4096 }, 4096],
  [{ size: 4097 }, 8192],
  [{ size: 65_536 }, 65_536],
  [{ size: 2 ** 30 }, 2 ** 30],
])('a ring of %p has %d bytes', (ring, size) => {
  expect(validateConnectOptions({ ring }).ring).toBe(size);
});

test('not asking for what is not there is no error', () => {
  validateConnectOptions({ wait: false, ring: false, spin: 0 });
});
