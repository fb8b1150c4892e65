import { Channel } from './channel.js';
import { connect, connectSync } from './connect.js';
import type { ConnectOptions } from './options.js';
import type { ServiceDescriptor } from './service-descriptor.js';
import type { Session } from './session.js';

/** The public face of a client's session. */
export let createEndpoint: (session: Session) => Endpoint;

/** The client's end of a connection to a service. */
export class Endpoint extends Channel {
  private constructor(session: Session) {
    super(session);
  }

  static {
    createEndpoint = (session) => new Endpoint(session);
  }

  /**
   * Connects to a service. Resolves when the server has admitted this client; until then a server whose queue is full is tried again, and
   * with `wait` also one that is not there yet.
   * @param service its name; the policy of a descriptor is the server's own business and is not looked at
   * @throws GipsError `ECONNREFUSED` if there is no such service, `EACCES` if the server refuses this process or `serverPolicy` the server, `ETIMEDOUT`
   */
  static async connect(service: string | ServiceDescriptor, options?: ConnectOptions): Promise<Endpoint> {
    return new Endpoint(await connect(service, options));
  }

  /**
   * Connects, blocking the thread, and checks `serverPolicy`. It does not wait for the server's answer, so that both ends can live in one thread: a refusal is
   * reported by the next call of any kind.
   */
  static connectSync(service: string | ServiceDescriptor, options?: ConnectOptions): Endpoint {
    return new Endpoint(connectSync(service, options));
  }
}
