/** This package. `callback` is its push interface (`trySend`, `'message'`); the other forms are what most programs are written with. */
import { readFileSync } from 'node:fs';
import { Endpoint, Listener } from 'gips';

/** µs. */
const SPIN = 50;

/**
 * @param {import('gips').Endpoint | import('gips').Connection} channel
 * @param {import('../types.js').Form} form
 * @returns {import('../types.js').Link}
 */
function overChannel(channel, form) {
  /** @param {import('../types.js').Bytes} bytes @returns {void | Promise<unknown>} */
  const trySend = (bytes) => {
    if (channel.trySend(bytes)) return undefined;
    return new Promise((resolve) => channel.once('drain', () => resolve(undefined))).then(() => trySend(bytes));
  };
  return {
    send: form === 'callback' || form === 'region' ? trySend : (bytes) => channel.send(bytes),
    onMessage(handler) {
      channel.on('message', ({ payload, objects }) => {
        const [object] = objects;
        if (object === undefined) return handler(payload);
        const region = object.toShm();
        handler(region.bytes);
        region.close();
      });
    },
    receive: () => channel.recv(),
    messages: () => channel,
    request: (bytes) => channel.request(bytes),
    answer: (handler) => void channel.serve(({ message }) => handler(message.payload), { concurrency: 1024 }),
    sendRegion: (region) => channel.send('', { objects: [region] }),
    close: () => channel.close(),
  };
}

/**
 * @param {string} name
 * @param {import('gips').ConnectOptions} options
 * @returns {import('../types.js').LibraryPeer}
 */
function gipsPeer(name, options) {
  return {
    name,
    forms: ['callback', 'await recv', 'for await', 'await send', 'request', 'region'],
    version: () => JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
    async serve(address, onLink, { form }) {
      const listener = await Listener.bind(address, { backlog: 4096, spin: options.spin });
      listener.on('connection', (connection) => onLink(overChannel(connection, form)));
    },
    connect: async (address, { form }) => overChannel(await Endpoint.connect(address, options), form),
  };
}

export const gips = { ...gipsPeer('gips', {}), quick: true };
/** 10,000 rings are 5 GiB of memory. */
export const gipsRing = { ...gipsPeer('gips ring', { ring: true }), quick: true, mostLinks: 2000 };
export const gipsSpinning = { ...gipsPeer('gips spinning', { ring: true, spin: SPIN }), spins: true };
