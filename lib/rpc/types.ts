/** The two sides of an interface. */

type Callable = (...args: never[]) => unknown;

/** Names that a proxy answers by itself. */
type NeverRemote = 'then' | 'toJSON' | 'constructor' | keyof typeof Object.prototype;

/** The methods of an interface; its other properties cannot be asked for. */
type MethodName<T> = {
  [K in keyof T]-?: K extends NeverRemote ? never : K extends string ? (T[K] extends Callable ? K : never) : never;
}[keyof T];

/** What items a result has, if it is a stream; `any` and `never` are none. */
type Item<R> = 0 extends 1 & R ? never : [R] extends [never] ? never : R extends AsyncIterable<infer I> ? [I] : never;

/** The methods whose results are streams. */
export type StreamName<T> = {
  [K in MethodName<T>]: T[K] extends (...args: never[]) => infer R ? ([Item<Awaited<R>>] extends [never] ? never : K) : never;
}[MethodName<T>];

/** What `expose` is given for an interface: its methods, which may also be asynchronous. */
export type Methods<T> = {
  [K in MethodName<T>]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Awaited<R> | PromiseLike<Awaited<R>> : never;
};

/** An interface from the other side: its methods return Promises, or `AsyncIterable`s where their results are streams. */
export type Remote<T> = {
  readonly [K in MethodName<T>]: T[K] extends (...args: infer A) => infer R ? (...args: A) => RemoteResult<Awaited<R>> : never;
};

type RemoteResult<R> = [Item<R>] extends [never] ? Promise<R> : AsyncIterable<Item<R>[0]>;
