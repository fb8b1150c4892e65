/** A channel whose other end is in another process, where a program, test/programs/flow-peer.mjs by default, does what it is told. */
import { type Channel, type Connection, type ConnectOptions, Endpoint, Listener } from 'gips';
import { keep } from './keep.js';
import { serviceName } from './names.js';
import { type Program, start } from './processes.js';

/** Options that both kinds of channel know, and those of a ring, which a listener leaves to its clients. */
type Options = Pick<ConnectOptions, 'highWaterMark' | 'maxMessageSize' | 'ring' | 'spin'>;

export interface Taken {
  /** The numbers of the messages, -1 for one that is not whole. */
  numbers: number[];
  /** The code of the error after the last one; `null` if it took as many as it was told to. */
  end: string | null;
}

/** A channel of this process and the program at its other end, which is the server or the client of the two. */
export async function connectPeer(
  role: 'server' | 'client',
  options: Options = {},
  peerOptions: Options = options,
  program = 'flow-peer',
): Promise<{ name: string; channel: Channel; peer: Program }> {
  const name = serviceName();
  const listener = role === 'client' ? keep(await Listener.bind(name, options)) : undefined;
  const peer = start(program, { argument: { name, role, options: peerOptions } });
  if (role === 'server') await peer.next('listening');
  const channel = listener === undefined ? await Endpoint.connect(name, options) : await firstClient(listener);
  await peer.next('connected');
  return { name, channel: keep(channel), peer };
}

export async function firstClient(listener: Listener): Promise<Connection> {
  const { value } = (await listener.connections().next()) as IteratorYieldResult<Connection>;
  return value;
}

/** 0, 1, 2, … */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
