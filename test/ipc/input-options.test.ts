import { Endpoint, type IpcObject, Listener } from 'gips';
import { badArgument, errorLike, failureOf } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { sharedListeners } from '../support/platform.js';

/** Values an option must not have, and what the error says of it. */
interface Bad {
  option: string;
  type: { values: unknown[]; expected: string };
  range?: { values: unknown[]; expected: string };
}

const NOT_NUMBERS = ['1', null, {}, true, 1n];
const NO_SIZES = [0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 31];
const NO_TIMEOUTS = [-1, -0.1, NaN, -Infinity, 2 ** 31];

const CHANNEL_OPTIONS: Bad[] = ['maxMessageSize', 'highWaterMark'].map((option) => ({
  option,
  type: { values: NOT_NUMBERS, expected: 'of type number' },
  range: { values: NO_SIZES, expected: 'an integer from 1 to 2147483647' },
}));

const SPIN: Bad = {
  option: 'spin',
  type: { values: NOT_NUMBERS, expected: 'of type number' },
  range: { values: [-1, 0.5, NaN, Infinity, 10_001], expected: 'an integer from 0 to 10000' },
};

const KEEP_ALIVE: Bad = { option: 'keepAlive', type: { values: [5, true, 'yes', null, [1]], expected: 'of type object' } };

const LISTENER_OPTIONS: Bad[] = [
  ...CHANNEL_OPTIONS,
  SPIN,
  KEEP_ALIVE,
  {
    option: 'backlog',
    type: { values: NOT_NUMBERS, expected: 'of type number' },
    range: { values: [0, -1, 1.5, NaN, Infinity, 65_536], expected: 'an integer from 1 to 65535' },
  },
  {
    option: 'maxConnections',
    type: { values: NOT_NUMBERS, expected: 'of type number' },
    range: { values: [0, -1, 1.5, NaN, -Infinity], expected: 'an integer from 1' },
  },
  {
    option: 'greetingTimeout',
    type: { values: NOT_NUMBERS, expected: 'of type number' },
    range: { values: NO_TIMEOUTS, expected: '0 to 2147483647 or Infinity' },
  },
  {
    option: 'idleTimeout',
    type: { values: NOT_NUMBERS, expected: 'of type number' },
    range: { values: [0, -1, 1.5, NaN, -Infinity, 2 ** 31], expected: 'an integer from 1 to 2147483647' },
  },
];

const CONNECT_OPTIONS: Bad[] = [
  ...CHANNEL_OPTIONS,
  SPIN,
  KEEP_ALIVE,
  { option: 'wait', type: { values: [1, 'yes', null, {}], expected: 'of type boolean' } },
  {
    option: 'timeout',
    type: { values: NOT_NUMBERS, expected: 'of type number' },
    range: { values: NO_TIMEOUTS, expected: '0 to 2147483647 or Infinity' },
  },
  { option: 'signal', type: { values: [5, 'now', null, {}, new EventTarget()], expected: 'an instance of AbortSignal' } },
  { option: 'serverPolicy', type: { values: [5, null, {}, 'sameUser', () => true], expected: 'an instance of Policy' } },
];

const NO_OPTIONS = [null, 5, 'options', true, ['options'], () => ({})];

type Failure = [label: string, options: unknown, failure: Error];

function failuresOf(table: Bad[]): Failure[] {
  const forOptions = NO_OPTIONS.map((value): Failure => [
    print(value),
    value,
    badArgument('ERR_INVALID_ARG_TYPE', 'options', 'of type object'),
  ]);
  const forEach = table.flatMap(({ option, type, range = { values: [], expected: '' } }) => {
    const name = `options.${option}`;
    const failures = (values: unknown[], failure: Error) =>
      values.map((value): Failure => [`${option}: ${print(value)}`, { [option]: value }, failure]);
    return [
      ...failures(type.values, badArgument('ERR_INVALID_ARG_TYPE', name, type.expected)),
      ...failures(range.values, badArgument('ERR_OUT_OF_RANGE', name, range.expected)),
    ];
  });
  return [...forOptions, ...forEach];
}

function oneOf(option: string, values: unknown[], allowed: string): Failure[] {
  return values.map((value) => [
    `${option}: ${print(value)}`,
    { [option]: value },
    badArgument('ERR_INVALID_ARG_VALUE', `options.${option}`, allowed),
  ]);
}

function print(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

const RING_SIZES: [size: unknown, failure: Error][] = [
  ...NOT_NUMBERS.map((size): [unknown, Error] => [size, badArgument('ERR_INVALID_ARG_TYPE', 'options.ring.size', 'of type number')]),
  ...[0, 4095, 4096.5, NaN, 2 ** 30 + 1].map((size): [unknown, Error] => [
    size,
    badArgument('ERR_OUT_OF_RANGE', 'options.ring.size', 'an integer from 4096 to 1073741824'),
  ]),
];

const KEEP_ALIVE_TIMES = ['interval', 'timeout'].flatMap((time): Failure[] => {
  const valid = { interval: 1000, timeout: 1000 };
  const name = `options.keepAlive.${time}`;
  const failures = (values: unknown[], failure: Error) =>
    values.map((value): Failure => [`keepAlive.${time}: ${print(value)}`, { keepAlive: { ...valid, [time]: value } }, failure]);
  return [
    ...failures([undefined, ...NOT_NUMBERS], badArgument('ERR_INVALID_ARG_TYPE', name, 'of type number')),
    ...failures(NO_SIZES, badArgument('ERR_OUT_OF_RANGE', name, 'an integer from 1 to 2147483647')),
    [
      'keepAlive of a raw connection',
      { keepAlive: valid, wire: 'raw' },
      errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'options.keepAlive' }),
    ],
  ];
});

const BIND_FAILURES = [
  ...failuresOf(LISTENER_OPTIONS),
  ...oneOf('wire', ['tcp', '', 5, null, {}], "'auto', 'gips', 'raw'"),
  ...KEEP_ALIVE_TIMES,
];
const CONNECT_FAILURES: Failure[] = [
  ...failuresOf(CONNECT_OPTIONS),
  ...oneOf('wire', ['auto', 'tcp', '', 5, null, {}], "'gips', 'raw'"),
  ...[1, 'yes', null, [1]].map((ring): Failure => [
    `ring: ${print(ring)}`,
    { ring },
    badArgument('ERR_INVALID_ARG_TYPE', 'options.ring', 'of type object'),
  ]),
  ...RING_SIZES.map(([size, failure]): Failure => [`ring of ${print(size)}`, { ring: { size } }, failure]),
  ['spin without a ring', { spin: 50 }, badArgument('ERR_INVALID_ARG_VALUE', 'options.spin', 'needs options.ring')],
  [
    'a ring without this protocol',
    { ring: true, wire: 'raw' },
    badArgument('ERR_INVALID_ARG_VALUE', 'options.ring', "needs the wire 'gips'"),
  ],
  ...KEEP_ALIVE_TIMES,
];

describe('a listener is not made with the options', () => {
  const share = (): IpcObject => keep(keep(Listener.bindSync(serviceName())).share());

  test.each(BIND_FAILURES)('%s', async (_, options, failure) => {
    const name = serviceName();
    expect(await failureOf('rejects', () => Listener.bind(name, options as object))).toEqual(failure);
    expect(await failureOf('throws', () => Listener.bindSync(name, options as object))).toEqual(failure);
    keep(Listener.bindSync(name));
  });

  sharedListeners.describe('when its socket is another process’s', () => {
    test.each(BIND_FAILURES)('%s', async (_, options, failure) => {
      const shared = share();
      expect(await failureOf('rejects', () => Listener.from(shared, options as object))).toEqual(failure);
      keep(await Listener.from(shared));
    });

    test.each([5, null, {}, 'sameUser'])('policy: %p', async (policy) => {
      const shared = share();
      const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options.policy', 'an instance of Policy');
      expect(await failureOf('rejects', () => Listener.from(shared, { policy } as object))).toEqual(failure);
    });
  });
});

test.each([undefined, null, 5, 'fd', {}, { fd: 0 }])('a listener is not made from %p', async (object) => {
  const failure = badArgument('ERR_INVALID_ARG_TYPE', 'object', 'an instance of IpcObject');
  expect(await failureOf('rejects', () => Listener.from(object as IpcObject))).toEqual(failure);
});

describe('an endpoint is not made with the options', () => {
  test.each(CONNECT_FAILURES)('%s', async (_, options, failure) => {
    const listener = keep(Listener.bindSync(serviceName()));
    expect(await failureOf('rejects', () => Endpoint.connect(listener.name, options as object))).toEqual(failure);
    expect(await failureOf('throws', () => Endpoint.connectSync(listener.name, options as object))).toEqual(failure);
    let clients = 0;
    listener.on('connection', () => (clients += 1)).on('rejected', () => (clients += 1));
    keep(Endpoint.connectSync(listener.name)).sendSync('the first client');
    expect(listener.acceptSync(5000).message.text()).toBe('the first client');
    expect(clients).toBe(1);
  });
});

test('options may be left out, undefined, or at their limits', async () => {
  const limits = { maxMessageSize: 2 ** 31 - 1, highWaterMark: 2 ** 31 - 1 };
  const listener = keep(
    await Listener.bind(serviceName(), {
      ...limits,
      backlog: 65_535,
      maxConnections: Infinity,
      greetingTimeout: 2 ** 31 - 1,
      idleTimeout: 2 ** 31 - 1,
      keepAlive: false,
    }),
  );
  const connect = async (options?: object): Promise<void> => {
    const endpoint = keep(await Endpoint.connect(listener.name, options));
    await endpoint.send('hello');
    expect((await listener.accept()).message.text()).toBe('hello');
  };
  await connect(undefined);
  await connect({});
  await connect({ timeout: undefined, signal: undefined, serverPolicy: undefined, wire: undefined, ring: false, spin: 0, wait: false });
  await connect({ wait: true, keepAlive: { interval: 2 ** 31 - 1, timeout: 2 ** 31 - 1 } });
  await connect({ ring: { size: 4096 }, spin: 10_000 });
  await connect({ ...limits, timeout: 2 ** 31 - 1 });
  await connect({ maxMessageSize: 5, highWaterMark: 1, timeout: Infinity });
});
