/** Both ends of a connection in the test's own process. */
import { Endpoint, Listener, type Connection, type ConnectOptions, type ListenerOptions } from 'gips';
import { keep } from './keep.js';
import { serviceName } from './names.js';

export interface Pair {
  listener: Listener;
  endpoint: Endpoint;
  connection: Connection;
}

/** A client and its connection at a listener that is consumed by connections. */
export async function connectPair(connectOptions?: ConnectOptions, listenerOptions?: ListenerOptions): Promise<Pair> {
  const listener = keep(await Listener.bind(serviceName(), listenerOptions));
  const endpoint = keep(await Endpoint.connect(listener.name, connectOptions));
  const { value } = await listener.connections().next();
  if (value === undefined) throw new Error('the listener has closed');
  return { listener, endpoint, connection: keep(value) };
}
