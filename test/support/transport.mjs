/** With GIPS_TEST_TRANSPORT=ring every client of a test, and of the programs it starts, asks for a ring: `npm run test:ring`. */
import { Endpoint } from 'gips';

if (process.env['GIPS_TEST_TRANSPORT'] === 'ring') {
  for (const name of /** @type {const} */ (['connect', 'connectSync'])) {
    const connect = Endpoint[name];
    /** @type {(service: any, options?: any) => any} */
    const connectByRing = (service, options) =>
      connect.call(Endpoint, service, canHaveRing(options) ? { ring: true, ...options } : options);
    Endpoint[name] = connectByRing;
  }
}

/** @param {unknown} options */
function canHaveRing(options) {
  if (options === undefined) return true;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false;
  return !('wire' in options && options.wire !== 'gips') && !('spin' in options);
}
