/** A MessagePort between two threads of one process: no other process is reached, so it is a reference, not a rival. */

/** Nothing says that a port is full: give the other side a turn now and then. */
const PAUSE_EVERY = 1024;
const LARGE = 64 * 1024;

/** @param {import('node:worker_threads').MessagePort} port @returns {import('../types.js').Link} */
function overPort(port) {
  let sent = 0;
  return {
    send(bytes) {
      port.postMessage(bytes);
      sent += 1;
      return sent % PAUSE_EVERY === 0 || bytes.length >= LARGE ? new Promise((resolve) => setImmediate(resolve)) : undefined;
    },
    onMessage: (handler) => void port.on('message', handler),
  };
}

/** @param {import('node:worker_threads').MessagePort | undefined} port */
function present(port) {
  if (port === undefined) throw new Error('no port to the other thread');
  return port;
}

/** @type {import('../types.js').LibraryPeer} */
export const messagePort = {
  name: 'MessagePort',
  version: () => `Node ${process.version}, two threads`,
  inThread: true,
  single: true,
  serve: async (_address, onLink, { port }) => onLink(overPort(present(port))),
  connect: async (_address, { other }) => overPort(present(other.port)),
};
