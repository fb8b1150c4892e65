/** The channel between `child_process.fork` and its parent, with both of its serializations. Control messages of the harness are objects and share it. */

/** Without backlog the calls cost least; with none waited for, memory grows without end. */
const WAIT_EVERY = 64;
const LARGE = 64 * 1024;

/**
 * @param {NodeJS.Process | import('node:child_process').ChildProcess} end
 * @returns {import('../types.js').Link}
 */
function overEnd(end) {
  let sent = 0;
  const post = /** @type {(message: unknown, done?: () => void) => boolean} */ (end.send?.bind(end));
  return {
    send(bytes) {
      sent += 1;
      if (sent % WAIT_EVERY !== 0 && bytes.length < LARGE) return void post(bytes);
      return new Promise((resolve) => post(bytes, () => resolve(undefined)));
    },
    onMessage(handler) {
      end.on('message', (/** @type {any} */ message) => {
        if (message.control === undefined) handler(message);
      });
    },
  };
}

/** @param {'json' | 'advanced'} serialization @returns {import('../types.js').LibraryPeer} */
const forkPeer = (serialization) => ({
  name: `fork ${serialization}`,
  version: () => `Node ${process.version}`,
  serialization,
  textOnly: serialization === 'json',
  single: true,
  serve: async (_address, onLink) => onLink(overEnd(process)),
  connect: async (_address, { other }) => overEnd(/** @type {import('node:child_process').ChildProcess} */ (other.child)),
});

export const forkJson = forkPeer('json');
export const forkAdvanced = forkPeer('advanced');
