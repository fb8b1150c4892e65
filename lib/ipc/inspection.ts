/** Asking a service for its statistics. */
import { inspectorSession } from './connect.js';
import { createEndpoint } from './endpoint.js';
import type { ConnectOptions } from './options.js';
import type { Statistics } from './statistics.js';

/**
 * The statistics of a service, told by its listener itself.
 * @param options those of `connect`; `timeout` is for all of it
 * @throws GipsError what `connect` fails with: `EACCES` for other users than the service's own and privileged ones; `ERR_GIPS_UNSUPPORTED` if the service
 *   speaks another version of this library
 */
export async function inspectService(name: string, options: ConnectOptions): Promise<Statistics> {
  const endpoint = createEndpoint(await inspectorSession(name, options));
  try {
    const message = await endpoint.recv(options.timeout === undefined ? {} : { timeout: options.timeout });
    return message.json<Statistics>();
  } finally {
    endpoint.destroy();
  }
}
