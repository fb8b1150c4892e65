/* eslint-disable @typescript-eslint/require-await -- what is a stream is so by its type */
import { codecs, expose, IpcObject, proxy, Shm } from 'gips';
import { connectCalls } from '../support/calls.js';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { regionHandles } from '../support/handles.js';
import { keep } from '../support/keep.js';
import { regionName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { OTHER_HANDLES, testOnPosix, testOnWindows } from '../support/platform.js';
import { descriptorCount } from '../support/processes.js';

const region = (): Shm => keep(Shm.create(null, 4096));
const textIn = (shm: Shm, length: number): string => shm.read(0, length).toString();

test.each(['structured', 'json', 'bytes'] as const)(
  'with %s a region is an argument: the same memory, and the caller keeps its own',
  async (codec) => {
    const { calls, server } = await connectCalls(codec);
    const shared = region();
    const before = descriptorCount(server.pid);
    for (let i = 0; i < 20; i += 1) await calls.write(shared, 'written');
    expect(textIn(shared, 7)).toBe('written');
    expect(descriptorCount(server.pid)).toBeLessThanOrEqual(before + OTHER_HANDLES);
  },
);

test.each(['structured', 'json'] as const)('with %s objects may be anywhere in a value', async (codec) => {
  const { calls } = await connectCalls(codec);
  const [a, b] = [region(), region()];
  await calls.writeAll({ regions: { a, __proto__: null, b }, labels: { a: 'first', b: 'second' } });
  expect([textIn(a, 5), textIn(b, 6)]).toEqual(['first', 'second']);
});

test('with structured also in maps and circles, and one object in two places is one', async () => {
  const { connection, endpoint } = await connectPair();
  interface Twice {
    same(value: { a: Shm; map: Map<Shm, Shm>; set: Set<unknown>; self?: unknown; list: unknown[] }): boolean[];
  }
  expose<Twice>(
    connection,
    {
      same({ a, map, set, self, list }) {
        const same = [map.get(a) === a, set.has(a), (self as { a: unknown }).a === a, list[2] === a, !(1 in list), list.length === 3];
        a.close();
        return same;
      },
    },
    { codec: codecs.structured },
  );
  const a = region();
  const value: Parameters<Twice['same']>[0] = { a, map: new Map([[a, a]]), set: new Set([a]), list: Object.assign([], { 0: 0, 2: a }) };
  value.self = value;
  expect(await proxy<Twice>(endpoint, { codec: codecs.structured }).same(value)).toEqual(Array(6).fill(true));
  expect(value.a).toBe(a);
  expect(a.size).toBe(4096);
});

test('a region is a region, and an object an object', async () => {
  const { calls } = await connectCalls('json');
  const shared = region();
  const object = keep(shared.toObject());
  expect(await calls.kinds(shared, object)).toEqual(['Shm', 'IpcObject']);
});

test('data that looks like a place of an object is data', async () => {
  const { calls } = await connectCalls('json');
  const shared = region();
  const forged = [[['0', 'value']], { value: null }];
  const echo = await calls.last(shared, forged);
  expect(echo).toEqual(forged);
});

describe('results', () => {
  interface Store {
    open(): Shm;
    both(): { object: IpcObject; regions: Shm[] };
    frames(count: number): AsyncIterable<{ number: number; frame?: Shm }>;
  }

  test('and items may have objects, which are duplicates', async () => {
    const { connection, endpoint } = await connectPair();
    const own = region();
    own.write('own');
    const object = keep(own.toObject());
    expose<Store>(
      connection,
      {
        open: () => own,
        both: () => ({ object, regions: [own] }),
        async *frames(count) {
          for (let number = 0; number < count; number++) {
            if (number % 3 === 0) yield { number };
            // Closed as soon as the maker goes on.
            using frame = Shm.create(null, 4096);
            frame.write(String(number));
            yield { number, frame };
          }
        },
      },
      { codec: codecs.json },
    );
    const store = proxy<Store>(endpoint, { codec: codecs.json, streams: ['frames'] });
    const opened = keep(await store.open());
    expect(textIn(opened, 3)).toBe('own');
    opened.close();
    expect(textIn(own, 3)).toBe('own');
    const both = await store.both();
    keep(both.object);
    expect(textIn(keep(both.regions[0]!), 3)).toBe('own');
    const seen: number[] = [];
    for await (const { number, frame } of store.frames(50)) {
      if (frame === undefined) continue;
      seen.push(number);
      expect(textIn(frame, String(number).length)).toBe(String(number));
      frame.close();
    }
    expect(seen).toHaveLength(50);
  });
});

describe('objects that nobody gets are closed', () => {
  test('at the server: of a method that is not there, of arguments that cannot be decoded', async () => {
    const { calls, endpoint, server } = await connectCalls('json');
    const shared = region();
    await calls.nothing();
    const before = descriptorCount(server.pid);
    for (let i = 0; i < 20; i++) {
      await expect((calls as unknown as { nope(shm: Shm): Promise<void> }).nope(shared)).rejects.toThrow('no method');
      await expect(proxy<{ echo(...args: unknown[]): void }>(endpoint, { codec: codecs.bytes }).echo(shared, '{')).rejects.toThrow(
        errorLike({ code: 'ERR_GIPS_REMOTE' }),
      );
    }
    expect(descriptorCount(server.pid)).toBeLessThanOrEqual(before + OTHER_HANDLES);
  });

  test('at the caller: of items that nobody takes', async () => {
    const { connection, endpoint } = await connectPair();
    const own = region();
    interface Store {
      many(): AsyncIterable<Shm>;
    }
    expose<Store>(
      connection,
      {
        async *many() {
          for (;;) yield own;
        },
      },
      { codec: codecs.json },
    );
    const store = proxy<Store>(endpoint, { codec: codecs.json, streams: ['many'] });
    const before = regionHandles();
    for (let i = 0; i < 20; i++) {
      for await (const taken of store.many()) {
        taken.close();
        break;
      }
    }
    await eventually(() => expect(regionHandles()).toBe(before));
  });

  test('the duplicates of a stream that is begun later, or never', async () => {
    const { calls } = await connectCalls('json');
    const shared = region();
    const before = regionHandles();
    const iterator = (calls as unknown as { count(...args: unknown[]): AsyncIterable<unknown> }).count(3, shared)[Symbol.asyncIterator]();
    expect(regionHandles()).toBe(before + 1);
    await iterator.return?.();
    expect(regionHandles()).toBe(before);
    const late = (calls as unknown as { count(...args: unknown[]): AsyncIterable<unknown> }).count(3, shared);
    shared.close();
    const items: unknown[] = [];
    for await (const item of late) items.push(item);
    expect(items).toEqual([0, 1, 2]);
  });
});

testOnPosix('a region with a name is refused, as its other owners could take its memory away; its object is not', async () => {
  const { calls, server } = await connectCalls('json');
  await calls.nothing();
  const before = descriptorCount(server.pid);
  const named = keep(Shm.create(regionName(), 4096));
  try {
    await expect(calls.write(named, 'x')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'EINVAL' }) }));
    expect(await calls.kinds(keep(named.toObject()))).toEqual(['IpcObject']);
    expect(descriptorCount(server.pid)).toBe(before);
  } finally {
    named.unlink();
  }
});

testOnWindows('a region with a name is taken as any other: nobody can take its memory away', async () => {
  const { calls } = await connectCalls('json');
  const named = keep(Shm.create(regionName(), 4096));
  await calls.write(named, 'written there');
  expect(textIn(named, 13)).toBe('written there');
});

test('more objects than a message carries are an error before anything is sent', async () => {
  const { calls } = await connectCalls('json');
  const object = keep(IpcObject.from({ fd: 0 }));
  await expect(calls.last(Array(254).fill(object))).rejects.toThrow(errorLike({ code: 'EMSGSIZE' }));
  await expect(calls.last(...(Array(254).fill(object) as unknown[]))).rejects.toThrow(errorLike({ code: 'EMSGSIZE' }));
});

test('a closed region fails the call before anything is sent', async () => {
  const { calls } = await connectCalls('json');
  const shared = region();
  shared.close();
  await expect(calls.write(shared, 'x')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
});
