import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type Endpoint, IpcObject, Listener, type Message, type Payload } from 'gips';
import { badArgument, errorLike, failureOf } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair, type Pair } from '../support/pair.js';

type Call = (argument: never, options?: never) => unknown;
type Form = [name: string, form: 'throws' | 'rejects', call: (ends: Ends) => Call];

interface Ends {
  endpoint: Endpoint;
  connection: Connection;
  listener: Listener;
}

const SENDING: Form[] = [
  ['send', 'rejects', ({ endpoint }) => endpoint.send.bind(endpoint)],
  ['sendSync', 'throws', ({ endpoint }) => endpoint.sendSync.bind(endpoint)],
  ['trySend', 'throws', ({ endpoint }) => endpoint.trySend.bind(endpoint)],
  ['reply', 'rejects', ({ connection }) => connection.reply.bind(connection)],
];
/** Those whose first argument is their options. */
const WAITING: Form[] = [
  ['send', 'rejects', ({ endpoint }) => endpoint.send.bind(endpoint, 'a')],
  ['reply', 'rejects', ({ connection }) => connection.reply.bind(connection, 'a')],
  ['recv', 'rejects', ({ endpoint }) => endpoint.recv.bind(endpoint)],
  ['flush', 'rejects', ({ endpoint }) => endpoint.flush.bind(endpoint)],
  ['close', 'rejects', ({ endpoint }) => endpoint.close.bind(endpoint)],
  ['accept', 'rejects', ({ listener }) => listener.accept.bind(listener)],
];
/** Those with a timeout as an option. */
const LIMITED: Form[] = [...WAITING, ['sendSync', 'throws', ({ endpoint }) => endpoint.sendSync.bind(endpoint, 'a')]];
/** Those with a timeout as their argument. */
const BLOCKING: Form[] = [
  ['recvSync', 'throws', ({ endpoint }) => endpoint.recvSync.bind(endpoint)],
  ['acceptSync', 'throws', ({ listener }) => listener.acceptSync.bind(listener)],
];

const NO_PAYLOADS = [undefined, null, 5, true, 1n, {}, [1, 2], Symbol('payload'), new SharedArrayBuffer(4), () => 'payload'];
const NO_OPTIONS = [null, 5, 'options', true, ['options']];
const NO_NUMBERS = ['1', null, {}, true, 1n];
const NO_TIMEOUTS = [-1, -0.1, NaN, -Infinity, 2 ** 31];
const NO_SIGNALS = [5, 'now', null, {}, new EventTarget()];
const NO_OBJECTS = [5, 'objects', null, {}, true];

let pair: Pair;
let ends: Ends;

beforeEach(async () => {
  pair = await connectPair();
  ends = { ...pair, listener: keep(await Listener.bind(serviceName())) };
});

/** Nothing was sent: what is sent now comes first, both ways. */
async function expectNothingSent(): Promise<void> {
  await pair.endpoint.send('first');
  expect((await pair.connection.recv()).text()).toBe('first');
  await pair.connection.send('first');
  expect((await pair.endpoint.recv()).text()).toBe('first');
}

describe.each(SENDING)('%s', (_, form, bound) => {
  test.each(NO_PAYLOADS)('does not send %p', async (payload) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'payload', 'of type string or an instance of ArrayBuffer');
    expect(await failureOf(form, () => bound(ends)(payload as never))).toEqual(failure);
    await expectNothingSent();
  });

  test.each<[string, (buffer: ArrayBuffer) => Payload]>([
    ['a buffer', (buffer) => buffer],
    ['a view', (buffer) => new Uint8Array(buffer)],
  ])('does not send %s whose memory was transferred', async (_, wrap) => {
    const buffer = new ArrayBuffer(8);
    const payload = wrap(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    const failure = badArgument('ERR_INVALID_ARG_VALUE', 'payload', 'must not be detached');
    expect(await failureOf(form, () => bound(ends)(payload as never))).toEqual(failure);
    await expectNothingSent();
  });

  test.each(NO_OPTIONS)('does not take the options %p', async (options) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options', 'of type object');
    expect(await failureOf(form, () => bound(ends)('a' as never, options as never))).toEqual(failure);
    await expectNothingSent();
  });

  test.each(NO_OBJECTS)('does not send along %p', async (objects) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options.objects', 'an iterable of IpcObject');
    expect(await failureOf(form, () => bound(ends)('a' as never, { objects } as never))).toEqual(failure);
    await expectNothingSent();
  });

  test.each([5, null, undefined, { fd: 0 }])('does not send along %p among others', async (object) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options.objects[1]', 'an instance of IpcObject');
    const objects = [keep(IpcObject.from({ fd: 0 })), object];
    expect(await failureOf(form, () => bound(ends)('a' as never, { objects } as never))).toEqual(failure);
    await expectNothingSent();
  });

  test('does not send along a closed object', async () => {
    const object = IpcObject.from({ fd: 0 });
    object.close();
    expect(await failureOf(form, () => bound(ends)('a' as never, { objects: [object] } as never))).toEqual(
      errorLike({ code: 'ERR_GIPS_CLOSED' }),
    );
    await expectNothingSent();
  });

  test('does not send along more than 253 objects', async () => {
    const objects = Array<IpcObject>(254).fill(keep(IpcObject.from({ fd: 0 })));
    const failure = errorLike({ name: 'GipsError', code: 'EMSGSIZE', message: '253' });
    expect(await failureOf(form, () => bound(ends)('a' as never, { objects } as never))).toEqual(failure);
    await expectNothingSent();
  });

  test('fails as its iterable of objects does', async () => {
    const reason = new Error('no objects today');
    const objects = {
      [Symbol.iterator]: () => {
        throw reason;
      },
    };
    expect(await failureOf(form, () => bound(ends)('a' as never, { objects } as never))).toBe(reason);
    await expectNothingSent();
  });
});

describe.each(LIMITED)('%s', (_, form, bound) => {
  test.each([...NO_OPTIONS])('does not take the options %p', async (options) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options', 'of type object');
    expect(await failureOf(form, () => bound(ends)(options as never))).toEqual(failure);
    await expectNothingSent();
  });

  test.each(NO_NUMBERS)('does not take the timeout %p', async (timeout) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options.timeout', 'of type number');
    expect(await failureOf(form, () => bound(ends)({ timeout } as never))).toEqual(failure);
    await expectNothingSent();
  });

  test.each(NO_TIMEOUTS)('does not take the timeout %p', async (timeout) => {
    const failure = badArgument('ERR_OUT_OF_RANGE', 'options.timeout', '0 to 2147483647 or Infinity');
    expect(await failureOf(form, () => bound(ends)({ timeout } as never))).toEqual(failure);
    await expectNothingSent();
  });
});

describe.each(WAITING)('%s', (_, form, bound) => {
  test.each(NO_SIGNALS)('does not take the signal %p', async (signal) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options.signal', 'an instance of AbortSignal');
    expect(await failureOf(form, () => bound(ends)({ signal } as never))).toEqual(failure);
    await expectNothingSent();
  });
});

describe.each(BLOCKING)('%s', (_, form, bound) => {
  test.each(NO_NUMBERS)('does not take the timeout %p', async (timeout) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'timeout', 'of type number');
    expect(await failureOf(form, () => bound(ends)(timeout as never))).toEqual(failure);
  });

  test.each(NO_TIMEOUTS)('does not take the timeout %p', async (timeout) => {
    const failure = badArgument('ERR_OUT_OF_RANGE', 'timeout', '0 to 2147483647 or Infinity');
    expect(await failureOf(form, () => bound(ends)(timeout as never))).toEqual(failure);
  });
});

test.each([5, null, 'a message', {}])('a reply is not an answer to %p', async (to) => {
  const { connection } = pair;
  const failure = badArgument('ERR_INVALID_ARG_TYPE', 'options.to', 'an instance of Message');
  expect(await failureOf('rejects', () => connection.reply('a', { to: to as Message }))).toEqual(failure);
  await expectNothingSent();
});

test('a bad argument to a closed channel is a bad argument', async () => {
  const { endpoint } = pair;
  await endpoint.close();
  expect(await failureOf('rejects', () => endpoint.send(5 as never))).toEqual(badArgument('ERR_INVALID_ARG_TYPE', 'payload', 'string'));
});

test('a call with a bad argument does not bring the channel into the event loop, nor take its messages', async () => {
  const { connection, endpoint } = pair;
  await connection.send('kept');
  await sleep(1);
  await expect(endpoint.recv({ timeout: -1 })).rejects.toThrow(RangeError);
  expect(() => endpoint.recvSync(NaN)).toThrow(RangeError);
  expect((await endpoint.recv()).text()).toBe('kept');
});
