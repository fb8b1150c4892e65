/** A proxy of test/programs/calls-server.mjs, in another process. */
import { codecs, type ConnectOptions, Endpoint, proxy, type ProxyOptions, type Remote, type ServeOptions, type Shm } from 'gips';
import { keep } from './keep.js';
import { serviceName } from './names.js';
import { start, type Program } from './processes.js';

export interface Calls {
  add(a: number, b: number): number;
  echo(...args: unknown[]): unknown[];
  last(...args: unknown[]): unknown;
  nothing(...args: unknown[]): void;
  self(): boolean;
  later<T>(value: T, ms: number): Promise<T>;
  fail(message: string): never;
  uncodable(): unknown;
  caller(): number;
  hang(): void;
  count(limit: number): AsyncIterable<number>;
  endless(size: number): AsyncIterable<Buffer>;
  silent(): AsyncIterable<string>;
  failing(count: number): AsyncIterable<number>;
  growing(count: number): AsyncIterable<number>;
  asyncStream(limit: number): Promise<AsyncIterable<number>>;
  write(region: Shm, text: string, isKept?: boolean): void;
  writeAll(wish: { regions: unknown; labels: Record<string, string> }): void;
  kinds(...objects: unknown[]): string[];
}

export const STREAMS = ['count', 'endless', 'silent', 'failing', 'growing', 'asyncStream'] as const;

export interface Connected {
  endpoint: Endpoint;
  server: Program;
  calls: Remote<Calls>;
  /** Another proxy on the same channel. */
  another(options?: Partial<ProxyOptions<Calls>>): Remote<Calls>;
}

export async function connectCalls(
  codec: keyof typeof codecs = 'structured',
  { connect, ...options }: ServeOptions & { connect?: ConnectOptions } = {},
): Promise<Connected> {
  const name = serviceName();
  const server = start('calls-server', { argument: { name, codec, options } });
  await server.next('listening');
  const endpoint = keep(await Endpoint.connect(name, connect));
  const another = (more: Partial<ProxyOptions<Calls>> = {}): Remote<Calls> =>
    proxy<Calls>(endpoint, { codec: codecs[codec], streams: STREAMS, ...more });
  return { endpoint, server, another, calls: another() };
}
