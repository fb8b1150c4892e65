import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { codecs, expose, proxy, type Codec, type Remote } from 'gips';
import { connectCalls, type Calls } from '../support/calls.js';
import { badArgument, errorLike } from '../support/errors.js';
import { connectPair } from '../support/pair.js';

test('methods are called in another process, and undefined is a value whatever the codec', async () => {
  const { calls, server } = await connectCalls('json');
  expect(await calls.add(2, 3)).toBe(5);
  expect(await calls.later('value', 1)).toBe('value');
  expect(await calls.nothing()).toBeUndefined();
  expect(await calls.echo()).toEqual([]);
  expect(await calls.last(1, undefined)).toBeUndefined();
  expect(await calls.self()).toBe(true);
  expect(await calls.caller()).toBe(process.pid);
  await server.kill();
});

test('structured values go there and back', async () => {
  const { calls } = await connectCalls();
  const value = {
    map: new Map([[1n, new Set(['x'])]]),
    date: new Date(0),
    bytes: Buffer.from('abc'),
    holes: Object.assign([], { 0: 1, 2: 3 }),
    text: 'ü€',
  };
  const echo = await calls.echo(value, undefined, null);
  expect(inspect(echo, { depth: 5 })).toBe(inspect([value, undefined, null], { depth: 5 }));
});

test('with bytes each argument is bytes', async () => {
  const { connection, endpoint } = await connectPair();
  const join = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
  expose<{ join(...parts: (Buffer | string)[]): Buffer }>(connection, { join: join as never }, { codec: codecs.bytes });
  const remote = proxy<{ join(...parts: (Buffer | string)[]): Buffer }>(endpoint, { codec: codecs.bytes });
  expect((await remote.join('a', Buffer.from('b'), '', 'ü')).toString()).toBe('abü');
  expect(await remote.join()).toHaveLength(0);
  await expect(remote.join(1 as never)).rejects.toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
});

test('bytes that are kept do not keep what they came with', async () => {
  const { connection, endpoint } = await connectPair();
  interface Chunks {
    chunks(): AsyncIterable<Buffer>;
  }
  const chunks = Array.from({ length: 30 }, (_, i) => Buffer.alloc(1000, i));
  expose<Chunks>(connection, { chunks: () => Readable.from(chunks) }, { codec: codecs.bytes });
  for await (const chunk of proxy<Chunks>(endpoint, { codec: codecs.bytes, streams: ['chunks'] }).chunks()) {
    expect(chunk).toEqual(chunks.shift());
    expect(chunk.buffer.byteLength).toBeLessThanOrEqual(8192);
  }
});

test('bytes whose memory goes while other arguments are encoded are not sent', async () => {
  const bytes = new Uint8Array(1000);
  const { connection, endpoint } = await connectPair();
  connection.serve(({ message }) => message);
  const codec: Codec<unknown> = {
    encode(value) {
      if (value === 'take it') structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return value === 'take it' ? '' : bytes;
    },
    decode: (payload) => payload,
  };
  const call = proxy<{ f(...args: unknown[]): void }>(endpoint, { codec }).f('bytes', 'take it');
  await expect(call).rejects.toThrow(errorLike({ name: 'TypeError', message: 'memory has changed' }));
});

test('many calls at once: each caller gets its own result', async () => {
  const { calls } = await connectCalls('json');
  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  expect(await Promise.all(numbers.map((n) => (n % 3 === 0 ? calls.later(n, n % 7) : calls.add(n, 0))))).toEqual(numbers);
});

test('both sides may expose and call at the same time', async () => {
  const { connection, endpoint } = await connectPair();
  interface Greeter {
    greet(name: string): string;
  }
  expose<Greeter>(endpoint, { greet: (name) => `client greets ${name}` }, { codec: codecs.json });
  const client = proxy<Greeter>(connection, { codec: codecs.json });
  expose<Greeter>(connection, { greet: async (name) => `server heard: ${await client.greet(name)}` }, { codec: codecs.json });
  expect(await proxy<Greeter>(endpoint, { codec: codecs.json }).greet('Ada')).toBe('server heard: client greets Ada');
});

test('a codec of your own sees each argument and each result by itself', async () => {
  const { connection, endpoint } = await connectPair();
  const seen: unknown[] = [];
  const codec: Codec<unknown> = {
    encode(...args) {
      seen.push(args);
      return `<${String(args[0])}>`;
    },
    decode: (payload) => payload.toString().slice(1, -1),
  };
  expose<{ join(a: string, b: string): string }>(connection, { join: (a, b) => a + b }, { codec });
  expect(await proxy<{ join(a: string, b: string): string }>(endpoint, { codec }).join('a', 'b')).toBe('ab');
  expect(seen).toEqual([['a'], ['b'], ['ab']]);
});

describe('failures', () => {
  test('what a method throws arrives with name, message and code, and nothing else', async () => {
    const { calls } = await connectCalls();
    const error = (await calls.fail('for a reason').catch((reason: unknown) => reason)) as {
      cause: Error & { code: string; secret?: string };
    };
    expect(error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', message: 'for a reason' }));
    expect(error.cause).toEqual(errorLike({ name: 'RangeError', message: 'for a reason', code: 'E_ASKED_FOR' }));
    expect(error.cause.stack).toBeUndefined();
    expect(error.cause.secret).toBeUndefined();
  });

  test.each(['nope', '', 'hasOwnProperty2', 'x'.repeat(60_000)])('a method that is not there: %.20s', async (name) => {
    const { calls } = await connectCalls('json');
    const call = (calls as unknown as Record<string, () => Promise<unknown>>)[name]!();
    await expect(call).rejects.toThrow(
      errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'there is no method' }) }),
    );
  });

  test('arguments that cannot be encoded fail before anything is sent', async () => {
    const { calls, endpoint } = await connectCalls('json');
    const before = endpoint.stats.messagesSent;
    await expect(calls.echo(1n)).rejects.toThrow(errorLike({ name: 'TypeError', message: 'BigInt' }));
    await expect(calls.echo(1, () => {})).rejects.toThrow(errorLike({ name: 'TypeError', message: 'JSON has no function' }));
    expect(endpoint.stats.messagesSent).toBe(before);
  });

  test('arguments larger than a message fail before anything is sent', async () => {
    const { calls } = await connectCalls('bytes');
    await expect(calls.echo(Buffer.alloc(65 * 2 ** 20))).rejects.toThrow(errorLike({ code: 'EMSGSIZE' }));
  });

  test('a result that cannot be encoded, or sent, is a remote error', async () => {
    const { calls } = await connectCalls();
    await expect(calls.uncodable()).rejects.toThrow(
      errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ name: 'TypeError', message: 'cannot be encoded' }) }),
    );
    const { connection, endpoint } = await connectPair({}, { maxMessageSize: 100_000 });
    expose<{ big(): string }>(connection, { big: () => 'x'.repeat(200_000) }, { codec: codecs.json });
    await expect(proxy<{ big(): string }>(endpoint, { codec: codecs.json }).big()).rejects.toThrow(
      errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'EMSGSIZE' }) }),
    );
  });

  test('sides with different codecs tell each other', async () => {
    const { connection, endpoint } = await connectPair();
    expose<{ upper(text: string): string }>(connection, { upper: (text) => text.toUpperCase() }, { codec: codecs.json });
    await expect(proxy<{ upper(text: string): string }>(endpoint, { codec: codecs.structured }).upper('x')).rejects.toThrow(
      errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ name: 'SyntaxError' }) }),
    );
  });

  test('where nobody exposes anything, the answer is no result', async () => {
    const { connection, endpoint } = await connectPair();
    connection.serve(() => 'an answer of another kind');
    await expect(proxy<Calls>(endpoint, { codec: codecs.json }).add(1, 2)).rejects.toThrow(
      errorLike({ code: 'EBADMSG', message: 'add()' }),
    );
  });

  test('a killed server fails all calls', async () => {
    const { calls, server } = await connectCalls();
    const outcomes = Promise.allSettled(Array.from({ length: 64 }, () => calls.later(0, 100_000)));
    await server.kill();
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason: errorLike({ code: 'ECONNRESET' }) });
  });

  test('timeout and signal are those of each call, and abort it at the other side', async () => {
    const { another, calls, server } = await connectCalls();
    await expect(another({ timeout: 50 }).hang()).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    await server.next('aborted');
    const controller = new AbortController();
    const call = another({ signal: controller.signal }).hang();
    await server.next('hangs');
    await server.next('hangs');
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await server.next('aborted');
    expect(await calls.add(1, 1)).toBe(2);
  });
});

describe('what the language does with a proxy by itself', () => {
  test('is not remote', async () => {
    const { calls, endpoint } = await connectCalls();
    const before = endpoint.stats.messagesSent;
    expect(await Promise.resolve(calls)).toBe(calls);
    expect(JSON.stringify({ calls })).toBe('{"calls":{}}');
    expect(String(calls as unknown)).toBe('[object Remote]');
    expect(inspect(calls)).toBe('Object [Remote] {}');
    expect({ ...calls }).toEqual({});
    expect((calls as { constructor?: unknown }).constructor).toBe(Object.prototype.constructor);
    expect(calls.add).toBe(calls.add);
    expect(() => Object.assign(calls, { add: 1 })).toThrow(TypeError);
    expect(endpoint.stats.messagesSent).toBe(before);
  });
});

describe('bad arguments', () => {
  test('of expose', async () => {
    const { connection } = await connectPair();
    const options = { codec: codecs.json };
    const methods = { f: () => 1 };
    expect(() => expose({} as never, methods, options)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'target', 'Listener or Channel'));
    expect(() => expose(connection, null as never, options)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'methods', 'object'));
    expect(() => expose(connection, {}, options)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_VALUE', message: 'functions of its own' }));
    expect(() => expose(connection, { then: () => 1 } as never, options)).toThrow(
      errorLike({ code: 'ERR_INVALID_ARG_VALUE', message: 'then' }),
    );
    expect(() => expose(connection, methods, {} as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'options.codec', 'Codec'));
    expect(() => expose(connection, methods, { codec: { encode: 1 } } as never)).toThrow(
      badArgument('ERR_INVALID_ARG_TYPE', 'options.codec.encode', 'function'),
    );
    expect(() => expose(connection, methods, { ...options, concurrency: 0 })).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
  });

  test('of proxy', async () => {
    const { endpoint } = await connectPair();
    expect(() => proxy(null as never, { codec: codecs.json })).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'channel', 'Channel'));
    expect(() => proxy(endpoint, undefined as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'options', 'object'));
    expect(() => proxy(endpoint, {} as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'options.codec', 'Codec'));
    expect(() => proxy<Calls>(endpoint, { codec: codecs.json, streams: 'count' as never })).toThrow(
      errorLike({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
    expect(() => proxy<Calls>(endpoint, { codec: codecs.json, streams: [1] as never })).toThrow(
      errorLike({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
    expect(() => proxy(endpoint, { codec: codecs.json, timeout: -1 })).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
    expect(() => proxy(endpoint, { codec: codecs.json, signal: 1 as never })).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });
});

test('what a class inherits is not exposed', async () => {
  const { connection, endpoint } = await connectPair();
  class Service {
    own = (): string => 'own';
    inherited(): string {
      return 'inherited';
    }
  }
  expose<Service>(connection, new Service(), { codec: codecs.json });
  const remote: Remote<Service> = proxy<Service>(endpoint, { codec: codecs.json });
  expect(await remote.own()).toBe('own');
  await expect(remote.inherited()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_REMOTE', message: 'no method "inherited"' }));
});
