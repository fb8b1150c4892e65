/* eslint-disable @typescript-eslint/require-await -- what is a stream is so by its type */
/** The types of typed calls. `npm run check:types` is the test: it fails where an expected error is none. */
import {
  codecs,
  expose,
  proxy,
  type Codec,
  type Endpoint,
  type IpcObject,
  type Listener,
  type Methods,
  type Remote,
  type Shm,
  type StreamName,
} from 'gips';

interface Calculator {
  readonly version: string;
  add(a: number, b: number): number;
  slowly(a: number): Promise<string>;
  primes(limit: number): AsyncIterable<number>;
  later(limit: number): Promise<AsyncGenerator<string, void>>;
  fill(region: Shm, object?: IpcObject): void;
  either(): number | string;
  then(): void;
  whatever(): ReturnType<typeof JSON.parse>;
  fail(): never;
  toJSON(): string;
  [Symbol.iterator](): Iterator<number>;
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_T extends true>(): void => {};

test('the types of typed calls are checked by the compiler', () => {
  holds<Equal<Remote<Calculator>['add'], (a: number, b: number) => Promise<number>>>();
  holds<Equal<Remote<Calculator>['slowly'], (a: number) => Promise<string>>>();
  holds<Equal<Remote<Calculator>['primes'], (limit: number) => AsyncIterable<number>>>();
  holds<Equal<Remote<Calculator>['later'], (limit: number) => AsyncIterable<string>>>();
  holds<Equal<Remote<Calculator>['fill'], (region: Shm, object?: IpcObject) => Promise<void>>>();
  holds<Equal<Remote<Calculator>['either'], () => Promise<number | string>>>();
  holds<Equal<Remote<Calculator>['whatever'], () => Promise<ReturnType<typeof JSON.parse>>>>();
  holds<Equal<Remote<Calculator>['fail'], () => Promise<never>>>();
  holds<Equal<keyof Remote<Calculator>, 'add' | 'slowly' | 'primes' | 'later' | 'fill' | 'either' | 'whatever' | 'fail'>>();
  holds<Equal<StreamName<Calculator>, 'primes' | 'later'>>();
  expect(callers).toHaveLength(1);
  expect(servers).toHaveLength(2);
});

/** Compiled, and never called. */
async function callers(endpoint: Endpoint): Promise<void> {
  const calculator = proxy<Calculator>(endpoint, { codec: codecs.structured, streams: ['primes', 'later'], timeout: 1000 });
  const sum: number = await calculator.add(1, 2);
  for await (const prime of calculator.primes(10)) prime satisfies number;
  for await (const text of calculator.later(10)) text satisfies string;
  // @ts-expect-error -- a Promise, not a number
  void (calculator.add(1, 2) satisfies number);
  // @ts-expect-error -- two numbers
  await calculator.add('1', sum);
  // @ts-expect-error -- no such method
  void calculator.subtract;
  // @ts-expect-error -- a property that is no method
  String(calculator.version);
  // @ts-expect-error -- never remote
  void calculator.toJSON;
  // @ts-expect-error -- a method cannot be replaced
  calculator.add = () => Promise.resolve(1);
  // @ts-expect-error -- not a stream
  proxy<Calculator>(endpoint, { codec: codecs.json, streams: ['add'] });
  // @ts-expect-error -- which codec?
  proxy<Calculator>(endpoint, {});
  const dates: Codec<Date> = { encode: (date) => date.toJSON(), decode: (payload) => new Date(payload.toString()) };
  proxy<{ today(): Date }>(endpoint, { codec: dates });
  // @ts-expect-error -- a codec makes bytes
  proxy<Calculator>(endpoint, { codec: { encode: (value: unknown) => value, decode: (payload: Buffer) => payload } });
  (codecs.bytes.decode(Buffer.alloc(0)) satisfies Buffer).fill(0);
}

function servers(listener: Listener, methods: Methods<Calculator>): void {
  expose<Calculator>(listener, methods, { codec: codecs.structured, concurrency: 2 });
  expose<Calculator>(
    listener,
    {
      add: async (a, b) => Promise.resolve(a + b),
      slowly: (a) => a.toFixed(),
      async *primes(limit) {
        for (let i = 2; i < limit; i++) yield i;
      },
      later: async function* (limit) {
        yield limit.toFixed();
      },
      fill: (region, object) => (object ?? region).close(),
      either: () => 'text',
      whatever: () => 1,
      fail() {
        throw new Error('on purpose');
      },
    },
    { codec: codecs.json },
  );
  // @ts-expect-error -- the other methods are missing
  expose<Calculator>(listener, { either: () => 1 }, { codec: codecs.json });
  // @ts-expect-error -- no number
  expose<{ add(): number }>(listener, { add: () => 'text' }, { codec: codecs.json });
  // @ts-expect-error -- no such method
  expose<{ add(): number }>(listener, { add: () => 1, subtract: () => 1 }, { codec: codecs.json });
  // @ts-expect-error -- no items of this type
  expose<{ list(): AsyncIterable<number> }>(listener, { list: texts }, { codec: codecs.json });
}

async function* texts(): AsyncGenerator<string> {
  yield await Promise.resolve('text');
}
