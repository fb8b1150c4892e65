import { codecs, currentCall, Endpoint, expose, Listener, proxy, type Channel } from 'gips';
import { connectCalls } from '../support/calls.js';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { residentMemory } from '../support/processes.js';

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** What a consumer gets, and how it ends. */
async function outcome<T>(stream: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of stream) items.push(item);
  } catch (error) {
    return { items, error };
  }
  return { items, error: undefined };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test.each([0, 1, 31, 32, 33, 5000])('%i items arrive in order, and the stream ends', async (count) => {
  const { calls, server } = await connectCalls();
  expect(await all(calls.count(count))).toEqual(upTo(count));
  expect(await server.next('left')).toBe(count);
});

test('streams run beside each other and beside calls', async () => {
  const { calls } = await connectCalls('json');
  const streams = Array.from({ length: 20 }, () => all(calls.count(500)));
  expect(await calls.add(1, 2)).toBe(3);
  for (const items of await Promise.all(streams)) expect(items).toEqual(upTo(500));
});

test('a method may give its stream later', async () => {
  const { calls } = await connectCalls('json');
  expect(await all(calls.asyncStream(100))).toEqual(upTo(100));
});

test('calls of next() that do not wait for each other get the items in order', async () => {
  const { calls } = await connectCalls('json');
  const iterator = calls.count(100)[Symbol.asyncIterator]();
  const results = await Promise.all(upTo(103).map(() => iterator.next()));
  expect(results.slice(0, 100).map(({ value }) => value as number)).toEqual(upTo(100));
  for (const result of results.slice(100)) expect(result).toEqual({ done: true, value: undefined });
});

test('a slow consumer stops the maker', async () => {
  const { calls, server } = await connectCalls();
  const iterator = calls.endless(10)[Symbol.asyncIterator]();
  await iterator.next();
  const made = async (): Promise<number> => {
    server.tell('made');
    return await server.next<number>('made');
  };
  await calls.nothing();
  const first = await made();
  expect(first).toBeLessThanOrEqual(32);
  for (let i = 0; i < 100; i++) await calls.nothing();
  expect(await made()).toBe(first);
  for (let i = 0; i < 1000; i++) await iterator.next();
  expect(await made()).toBeLessThanOrEqual(1001 + 64);
});

test('large items are made one by one: neither side holds many of them', async () => {
  const { calls, server } = await connectCalls();
  const size = 4_000_000;
  let count = 0;
  for await (const item of calls.endless(size)) {
    expect(item).toHaveLength(size);
    if (++count === 60) break;
  }
  server.tell('made');
  expect(await server.next('made')).toBeLessThanOrEqual(63);
  expect(residentMemory(server.pid)).toBeLessThan(300 * 2 ** 20);
});

describe('the maker is left', () => {
  test('when the consumer leaves the loop', async () => {
    const { calls, server } = await connectCalls();
    for await (const item of calls.count(1_000_000)) if (item === 40) break;
    expect(await server.next('left')).toBeLessThan(200);
  });

  test('when the consumer throws', async () => {
    const { calls, server } = await connectCalls();
    const consume = async (): Promise<void> => {
      for await (const _ of calls.count(1_000_000)) throw new Error('enough');
    };
    await expect(consume()).rejects.toThrow('enough');
    await server.next('left');
  });

  test('when the consumer leaves while it waits for an item', async () => {
    const { calls, server } = await connectCalls();
    const iterator = calls.silent()[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe('first');
    const waiting = iterator.next();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await server.next('silence ended');
  });

  test('when the signal of the proxy aborts', async () => {
    const { another, server } = await connectCalls();
    const controller = new AbortController();
    const consumed = outcome(another({ signal: controller.signal }).silent());
    server.tell('pending');
    setTimeout(() => controller.abort(new Error('enough')), 50);
    expect((await consumed).error).toEqual(errorLike({ message: 'enough' }));
    await server.next('silence ended');
  });

  test('when an item does not come in time', async () => {
    const { another, server } = await connectCalls();
    const { items, error } = await outcome(another({ timeout: 100 }).silent());
    expect(items).toEqual(['first']);
    expect(error).toEqual(errorLike({ code: 'ETIMEDOUT' }));
    await server.next('silence ended');
  });

  test('when the consumer closes its channel, and when it dies', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    const ends: string[] = [];
    interface Clock {
      ticks(name: string): AsyncIterable<number>;
    }
    expose<Clock>(
      listener,
      {
        async *ticks(name) {
          const { signal } = currentCall();
          try {
            yield 1;
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
          } finally {
            ends.push(name);
          }
        },
      },
      { codec: codecs.json },
    );
    for (const [name, end] of [
      ['closed', (channel: Channel) => channel.close()],
      ['died', (channel: Channel) => channel.destroy()],
    ] as const) {
      const endpoint = keep(await Endpoint.connect(listener.name));
      const clock = proxy<Clock>(endpoint, { codec: codecs.json, streams: ['ticks'] });
      const iterator = clock.ticks(name)[Symbol.asyncIterator]();
      expect((await iterator.next()).value).toBe(1);
      const next = iterator.next();
      await end(endpoint);
      await expect(next).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
      await eventually(() => expect(ends).toContain(name));
    }
  });

  test('when the service closes: the consumer is told', async () => {
    const { calls, server } = await connectCalls();
    const iterator = calls.silent()[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    await calls.nothing(); // the server knows of the step before it
    server.tell('close', { drain: 10_000 });
    await expect(next).rejects.toThrow(
      errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'ERR_GIPS_CLOSED', message: 'service' }) }),
    );
    await server.next('silence ended');
    await server.next('closed');
  });
});

test('a killed server is an error for the consumer', async () => {
  const { calls, server } = await connectCalls();
  const consumed = outcome(calls.silent());
  await calls.nothing();
  await server.kill();
  expect((await consumed).error).toEqual(errorLike({ code: 'ECONNRESET' }));
});

describe('failures', () => {
  test.each([0, 1, 50])('what the maker throws comes after its %i items', async (count) => {
    const { calls } = await connectCalls();
    const { items, error } = await outcome(calls.failing(count));
    expect(items).toEqual(upTo(count));
    expect(error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ name: 'RangeError', code: 'E_ASKED_FOR' }) }));
  });

  test('after a failure there is nothing more', async () => {
    const { calls } = await connectCalls();
    const iterator = calls.failing(0)[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_REMOTE' }));
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('an item that cannot be encoded ends the stream behind those before it', async () => {
    const { calls } = await connectCalls('json');
    const { items, error } = await outcome(calls.growing(100));
    expect(items).toEqual(upTo(9));
    expect(error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ name: 'TypeError', message: 'BigInt' }) }));
  });

  test('an item that is too large for a message ends the stream, and its maker is left', async () => {
    const { connection, endpoint } = await connectPair({}, { maxMessageSize: 100_000 });
    let isLeft = false;
    interface Chunks {
      chunks(): AsyncIterable<string>;
    }
    const iterator: AsyncIterator<string> = {
      next: () => Promise.resolve({ done: false, value: 'x'.repeat(200_000) }),
      return: () => {
        isLeft = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    expose<Chunks>(connection, { chunks: () => ({ [Symbol.asyncIterator]: () => iterator }) }, { codec: codecs.json });
    const { error } = await outcome(proxy<Chunks>(endpoint, { codec: codecs.json, streams: ['chunks'] }).chunks());
    expect(error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'EMSGSIZE' }) }));
    await eventually(() => expect(isLeft).toBe(true));
  });

  test('arguments that cannot be encoded are told to who takes the first item', async () => {
    const { calls } = await connectCalls('json');
    expect((await outcome(calls.count(1n as never))).error).toEqual(errorLike({ name: 'TypeError', message: 'BigInt' }));
  });

  test('a stream that was not named as one, and a value that was', async () => {
    const { another } = await connectCalls('json');
    await expect(another({ streams: [] }).count(1)).rejects.toThrow(
      errorLike({ code: 'ERR_GIPS_REMOTE', message: 'name it in the streams' }),
    );
    const { error } = await outcome(another({ streams: ['add' as never] }).add(1, 2) as never);
    expect(error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', message: 'no AsyncIterable' }));
  });

  test('a stream of a method that is not there', async () => {
    const { another } = await connectCalls('json');
    const calls = another({ streams: ['nope' as never] }) as unknown as { nope(): AsyncIterable<unknown> };
    expect((await outcome(calls.nope())).error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', message: 'no method' }));
  });
});

describe('limits', () => {
  test('streams that wait leave their places to calls', async () => {
    const { calls, server } = await connectCalls('json', { concurrency: 2, maxPending: 4, timeout: 200 });
    const iterators = upTo(10).map(() => calls.silent()[Symbol.asyncIterator]());
    for (const iterator of iterators) await iterator.next();
    const waiting = iterators.map((iterator) => iterator.next());
    for (let i = 0; i < 20; i++) expect(await calls.later(i, 15)).toBe(i);
    server.tell('pending');
    expect(await server.next('pending')).toBe(0);
    for (const iterator of iterators) await iterator.return?.();
    for (const result of await Promise.all(waiting)) expect(result.done).toBe(true);
    for (const _ of iterators) await server.next('silence ended');
  });

  test('a stream goes on when the server had too much to do', async () => {
    const { calls } = await connectCalls('json', { concurrency: 1, maxPending: 1 });
    const iterator = calls.count(200)[Symbol.asyncIterator]();
    const items = [(await iterator.next()).value as number];
    const busy = calls.later(0, 100);
    for (let result = await iterator.next(); result.done !== true; result = await iterator.next()) items.push(result.value);
    expect(items).toEqual(upTo(200));
    await busy;
  });

  test('a channel has so many open streams, and room again when one is left', async () => {
    const { calls } = await connectCalls('json', { maxPending: 1000 });
    const iterators = upTo(256).map(() => calls.silent()[Symbol.asyncIterator]());
    await Promise.all(iterators.map((iterator) => iterator.next()));
    expect((await outcome(calls.count(1))).error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'EAGAIN' }) }));
    await iterators[0]!.return?.();
    await eventually(async () => expect(await all(calls.count(1))).toEqual([0]));
  });

  test('a stream that nobody goes through is never begun', async () => {
    const { calls, endpoint } = await connectCalls('json');
    const before = endpoint.stats.messagesSent;
    calls.count(10);
    await calls.count(10)[Symbol.asyncIterator]().return?.();
    expect(endpoint.stats.messagesSent).toBe(before);
  });
});

test('any iterator will do, also one that throws at once or gives what is no result', async () => {
  const { connection, endpoint } = await connectPair();
  const iterable = (next: () => unknown): AsyncIterable<number> => ({ [Symbol.asyncIterator]: () => ({ next }) as AsyncIterator<number> });
  interface Odd {
    throwing(): AsyncIterable<number>;
    plain(): AsyncIterable<number>;
    nothing(): AsyncIterable<number>;
  }
  let i = 0;
  expose<Odd>(
    connection,
    {
      throwing: () =>
        iterable(() => {
          throw new RangeError('at once');
        }),
      plain: () => iterable(() => ({ done: i === 3, value: i++ })),
      nothing: () => iterable(() => undefined),
    },
    { codec: codecs.json },
  );
  const odd = proxy<Odd>(endpoint, { codec: codecs.json, streams: ['throwing', 'plain', 'nothing'] });
  expect((await outcome(odd.throwing())).error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', message: 'at once' }));
  expect(await all(odd.plain())).toEqual([0, 1, 2]);
  expect((await outcome(odd.nothing())).error).toEqual(errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ name: 'TypeError' }) }));
});

test('a maker may use the memory of an item again when it goes on', async () => {
  const { connection, endpoint } = await connectPair();
  interface Chunks {
    chunks(): AsyncIterable<Buffer>;
  }
  const memory = Buffer.alloc(1);
  let i = 0;
  const next = (): IteratorResult<Buffer> => ({ done: i === 10, value: memory.fill(String(i++)) });
  const chunks = (): AsyncIterable<Buffer> => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(next()) }) });
  expose<Chunks>(connection, { chunks }, { codec: codecs.bytes });
  const items = await all(proxy<Chunks>(endpoint, { codec: codecs.bytes, streams: ['chunks'] }).chunks());
  expect(Buffer.concat(items).toString()).toBe('0123456789');
});

test('currentCall() is for exposed methods, before their first await', async () => {
  expect(() => currentCall()).toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
  const { connection, endpoint } = await connectPair();
  interface Late {
    late(): Promise<boolean>;
    early(): boolean;
  }
  expose<Late>(
    connection,
    {
      early: () => currentCall().channel === connection,
      async late() {
        await Promise.resolve();
        return currentCall().signal.aborted;
      },
    },
    { codec: codecs.json },
  );
  const remote = proxy<Late>(endpoint, { codec: codecs.json });
  expect(await remote.early()).toBe(true);
  await expect(remote.late()).rejects.toThrow(errorLike({ message: 'before its first await' }));
});
