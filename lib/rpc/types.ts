/** The two sides of an interface. */

type Callable = (...args: never[]) => unknown;

/** Names that a proxy answers by itself. */
type NeverRemote = 'then' | 'toJSON' | 'constructor' | keyof typeof Object.prototype;

/** The methods of an interface; its other properties cannot be asked for. */
type MethodName<T> = {
  [K in keyof T]-?: K extends NeverRemote ? never : K extends string ? (T[K] extends Callable ? K : never) : never;
}[keyof T];

/** The methods whose results are streams. */
export type StreamName<T> = {
  [K in MethodName<T>]: T[K] extends (...args: never[]) => infer R ? (Awaited<R> extends AsyncIterable<unknown> ? K : never) : never;
}[MethodName<T>];

/** What `expose` is given for an interface: its methods, which may also be asynchronous. */
export type Methods<T> = {
  [K in MethodName<T>]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Awaited<R> | PromiseLike<Awaited<R>> : never;
};

/** An interface from the other side: its methods return Promises, or `AsyncIterable`s where their results are streams. */
export type Remote<T> = {
  readonly [K in MethodName<T>]: T[K] extends (...args: infer A) => infer R ? (...args: A) => RemoteResult<Awaited<R>> : never;
};

type RemoteResult<R> = [R] extends [AsyncIterable<infer Item>] ? AsyncIterable<Item> : Promise<R>;
