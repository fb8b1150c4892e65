/* eslint-disable @typescript-eslint/require-await -- what is a stream is so by its type */
import fc from 'fast-check';
import { codecs, expose, proxy, Shm, type Connection, type Endpoint, type Message } from 'gips';
import { errorLike } from '../support/errors.js';
import { regionHandles } from '../support/handles.js';
import { keep } from '../support/keep.js';
import { connectPair } from '../support/pair.js';

const CALL = 0;
const OPEN = 1;
const NEXT = 2;
const CLOSE = 3;

/** A request in the format of docs/typed-calls.md. */
interface Parts {
  id?: number;
  credit?: number;
  name?: string;
  values?: Uint8Array;
  version?: number;
}

function request(operation: number, { id = 0, credit = 1, name = '', values = Buffer.alloc(0), version = 1 }: Parts = {}): Buffer {
  const step = Buffer.alloc(6);
  step.writeUInt32LE(id);
  step.writeUInt16LE(credit, 4);
  const size = Buffer.alloc(2);
  size.writeUInt16LE(Buffer.byteLength(name));
  const front = operation === CALL ? [] : operation === CLOSE ? [step.subarray(0, 4)] : [step];
  const named = operation === CALL || operation === OPEN ? [size, Buffer.from(name)] : [];
  return Buffer.concat([Buffer.of(version, operation), ...front, ...named, values]);
}

function value(text: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([Buffer.of(1), size, Buffer.from(text)]);
}

interface Echo {
  echo(...args: unknown[]): unknown[];
  numbers(): AsyncIterable<number>;
}

let called = 0;

async function exposed(): Promise<{ endpoint: Endpoint; connection: Connection }> {
  const pair = await connectPair();
  called = 0;
  expose<Echo>(
    pair.connection,
    {
      echo(...args) {
        called += 1;
        return args.length > 5 ? [] : args;
      },
      async *numbers() {
        for (let i = 0; ; i++) yield i;
      },
    },
    { codec: codecs.json },
  );
  return pair;
}

const remote = (code: string, message?: string): Error =>
  errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike(message === undefined ? { code } : { code, message }) });

test('the format is what the documentation says', async () => {
  const { endpoint } = await exposed();
  const reply = await endpoint.request(request(CALL, { name: 'echo', values: Buffer.concat([value('"x"'), Buffer.of(0)]) }));
  expect(reply.payload.equals(value('["x",null]'))).toBe(true);
  const first = await endpoint.request(request(OPEN, { id: 7, credit: 2, name: 'numbers' }));
  expect(first.payload.equals(Buffer.concat([Buffer.of(0), value('0'), value('1')]))).toBe(true);
  const next = await endpoint.request(request(NEXT, { id: 7, credit: 1 }));
  expect(next.payload.equals(Buffer.concat([Buffer.of(0), value('2')]))).toBe(true);
  expect((await endpoint.request(request(CLOSE, { id: 7 }))).payload).toHaveLength(0);
  await expect(endpoint.request(request(NEXT, { id: 7 }))).rejects.toThrow(remote('EBADMSG', 'no stream 7'));
});

describe('a server answers with a clean error', () => {
  test.each(['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'then', 'toJSON', 'nope', '\0', 'écho'])(
    'to a call of %j',
    async (name) => {
      const { endpoint } = await exposed();
      await expect(endpoint.request(request(CALL, { name }))).rejects.toThrow(remote('ERR_GIPS_UNSUPPORTED', 'no method'));
      await expect(endpoint.request(request(OPEN, { name }))).rejects.toThrow(remote('ERR_GIPS_UNSUPPORTED', 'no method'));
      expect(called).toBe(0);
    },
  );

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['another version', request(CALL, { version: 2, name: 'echo' })],
    ['another operation', request(9)],
    ['a name that ends too early', request(CALL, { name: 'echo' }).subarray(0, 6)],
    ['a stream without a number', Buffer.of(1, NEXT, 0)],
    ['another tag', request(CALL, { name: 'echo', values: Buffer.of(9) })],
    ['a value that ends too early', request(CALL, { name: 'echo', values: value('"text"').subarray(0, -1) })],
    ['a value of 4 GiB', request(CALL, { name: 'echo', values: Buffer.of(1, 255, 255, 255, 255, 1) })],
    ['an object that is missing', request(CALL, { name: 'echo', values: Buffer.of(2, 0) })],
    [
      'objects in a value that are missing',
      request(CALL, { name: 'echo', values: Buffer.concat([Buffer.of(3, 2, 0, 0), value('[]').subarray(1)]) }),
    ],
    ['no JSON', request(CALL, { name: 'echo', values: value('{') }), null],
    ['more for a stream that is not open', request(NEXT, { id: 1 })],
  ])('to %s', async (_what, payload, code: string | null = 'EBADMSG') => {
    const { endpoint } = await exposed();
    await expect(endpoint.request(payload)).rejects.toThrow(
      code === null ? errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ name: 'SyntaxError' }) }) : remote(code),
    );
    expect(called).toBe(0);
    await expect(proxy<Echo>(endpoint, { codec: codecs.json }).echo(1)).resolves.toEqual([1]);
  });

  test('to a stream under a number that is in use, and to two requests for more at once', async () => {
    const { endpoint, connection } = await connectPair();
    expose<{ wait(): AsyncIterable<number> }>(
      connection,
      {
        wait: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
      },
      { codec: codecs.json },
    );
    const waiting = expect(endpoint.request(request(OPEN, { id: 1, name: 'wait' }))).rejects.toThrow(remote('ERR_GIPS_CLOSED'));
    await expect(endpoint.request(request(OPEN, { id: 1, name: 'wait' }))).rejects.toThrow(remote('EBADMSG', 'open already'));
    await expect(endpoint.request(request(NEXT, { id: 1 }))).rejects.toThrow(remote('EBADMSG', 'asked already'));
    await endpoint.request(request(CLOSE, { id: 1 }));
    await waiting;
  });

  test('to any bytes', async () => {
    const { endpoint } = await exposed();
    const start = fc.constantFrom(
      request(CALL, { name: 'echo' }),
      request(OPEN, { name: 'echo' }),
      request(NEXT),
      Buffer.of(1),
      Buffer.alloc(0),
    );
    const payload = fc.tuple(start, fc.uint8Array({ maxLength: 40 })).map(([front, rest]) => Buffer.concat([front, rest]));
    await fc.assert(
      fc.asyncProperty(payload, async (bytes) => {
        const outcome = await endpoint.request(bytes).then(
          () => 'answered',
          (error: { code: string; cause: { stack?: string } }) => `${error.code} ${error.cause.stack}`,
        );
        expect(['answered', 'ERR_GIPS_REMOTE undefined']).toContain(outcome);
      }),
      { numRuns: 1000 },
    );
    await expect(proxy<Echo>(endpoint, { codec: codecs.json }).echo(1)).resolves.toEqual([1]);
  });

  test('to as many arguments as a message has', async () => {
    const { endpoint } = await exposed();
    await endpoint.request(request(CALL, { name: 'echo', values: Buffer.alloc(100_000) }));
    const call = endpoint.request(request(CALL, { name: 'echo', values: Buffer.alloc(3_000_000) }));
    await expect(call).rejects.toThrow(errorLike({ code: 'ERR_GIPS_REMOTE' }));
  });
});

test('a plain message to what is exposed is dropped, with its objects, and the process goes on', async () => {
  const { endpoint } = await exposed();
  const region = keep(Shm.create(null, 4096));
  const before = regionHandles();
  await endpoint.send('a message', { objects: [region, region] });
  await expect(proxy<Echo>(endpoint, { codec: codecs.json }).echo(1)).resolves.toEqual([1]);
  expect(regionHandles()).toBe(before);
});

describe('a caller gets a clean error', () => {
  /** A proxy whose calls are answered by these bytes, with an object. */
  async function answeredBy(
    answer: (message: Message) => Buffer,
  ): Promise<{ echo: (...args: unknown[]) => Promise<unknown>; numbers: () => AsyncIterable<number> }> {
    const { endpoint, connection } = await connectPair();
    const region = keep(Shm.create(null, 4096));
    connection.serve(({ message }) => ({ payload: answer(message), objects: [region] }));
    return proxy<Echo>(endpoint, { codec: codecs.json, streams: ['numbers'] });
  }

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['another tag', Buffer.of(9)],
    ['no JSON', value('{')],
    ['two results', Buffer.concat([value('1'), value('2')])],
    ['an object of another kind', Buffer.of(2, 9)],
    ['two objects where one came', Buffer.of(2, 0, 2, 0)],
    ['an object and no JSON', Buffer.concat([Buffer.of(3, 1, 1), value('{').subarray(1)])],
    ['an object in a place that is not there', Buffer.concat([Buffer.of(3, 1, 1), value('[[["a"]],{}]').subarray(1)])],
    [
      'an object in a place of Object.prototype',
      Buffer.concat([Buffer.of(3, 1, 1), value('[[["__proto__","__proto__"]],{}]').subarray(1)]),
    ],
    ['an object in the place of a length', Buffer.concat([Buffer.of(3, 1, 1), value('[[["length"]],[]]').subarray(1)])],
    ['objects without places', Buffer.concat([Buffer.of(3, 1, 1), value('[[],null]').subarray(1)])],
  ])('for a result that is %s, and its objects are closed', async (_what, payload) => {
    const calls = await answeredBy(() => payload);
    const before = regionHandles();
    await expect(calls.echo()).rejects.toThrow(errorLike({ code: 'EBADMSG', message: 'echo()' }));
    expect(regionHandles()).toBe(before);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['another flag', Buffer.of(7)],
    ['no JSON', Buffer.concat([Buffer.of(0), value('{')])],
    ['an item that ends too early', Buffer.of(0, 1, 255)],
  ])('for a batch that is %s', async (_what, payload) => {
    const calls = await answeredBy(() => payload);
    const before = regionHandles();
    await expect(calls.numbers()[Symbol.asyncIterator]().next()).rejects.toThrow(errorLike({ code: 'EBADMSG', message: 'numbers()' }));
    expect(regionHandles()).toBe(before);
  });

  test('behind the items before', async () => {
    const calls = await answeredBy(() => Buffer.concat([Buffer.of(1), value('1'), value('2'), Buffer.of(9)]));
    const items: number[] = [];
    const consume = async (): Promise<void> => {
      for await (const item of calls.numbers()) items.push(item);
    };
    await expect(consume()).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
    expect(items).toEqual([1, 2]);
  });
});
