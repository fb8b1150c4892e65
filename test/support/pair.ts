/** Both ends of a channel in this process, for what does not depend on there being two. */
import { type ConnectOptions, type Connection, Endpoint, Listener, type ListenerOptions } from 'gips';
import { keep } from './keep.js';
import { serviceName } from './names.js';
import { firstClient } from './peer.js';

export interface Pair {
  listener: Listener;
  /** The server's end. */
  connection: Connection;
  /** The client's end. */
  endpoint: Endpoint;
}

export async function connectPair(options?: ListenerOptions, connectOptions?: ConnectOptions): Promise<Pair> {
  const listener = keep(await Listener.bind(serviceName(), options));
  const endpoint = keep(await Endpoint.connect(listener.name, connectOptions));
  return { listener, connection: keep(await firstClient(listener)), endpoint };
}
