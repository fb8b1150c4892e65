/**
 * node-ipc 9.2.1: the last version before its author added code that harmed users' files (9.2.2, 10.1.1) or wrote to their desktops (the dependency
 * "peacenotwar", 9.2.2 and 11). This one's sources and its three dependencies have nothing of the kind; the lockfile pins them by hash.
 */
import { tmpdir } from 'node:os';
import { install, installedVersion, load } from './installed.mjs';

const EVENT = 'message';

function configured() {
  const { IPC } = load('node-ipc');
  const ipc = new IPC();
  Object.assign(ipc.config, { silent: true, socketRoot: `${tmpdir()}/`, appspace: '', retry: 100, stopRetrying: true });
  return ipc;
}

/** @param {import('node:net').Socket} socket */
const drained = (socket) => (socket.writableNeedDrain ? new Promise((resolve) => socket.once('drain', resolve)) : undefined);

/** @type {import('../types.js').LibraryPeer} */
export const nodeIpc = {
  name: 'node-ipc',
  textOnly: true,
  single: true,
  prepare: () => install('node-ipc'),
  version: () => installedVersion('node-ipc'),
  serve(address, onLink) {
    const ipc = configured();
    ipc.config.id = address;
    ipc.serve(`${tmpdir()}/${address}.node-ipc`, () => {});
    /** @type {(bytes: string) => void} */
    let handler;
    ipc.server.on(EVENT, (/** @type {string} */ data) => handler(data));
    ipc.server.on('connect', (/** @type {import('node:net').Socket} */ socket) =>
      onLink({
        send(bytes) {
          ipc.server.emit(socket, EVENT, bytes);
          return drained(socket);
        },
        onMessage: (given) => void (handler = given),
      }),
    );
    const listening = new Promise((resolve) => ipc.server.on('start', resolve));
    ipc.server.start();
    return listening.then(() => undefined);
  },
  connect(address) {
    const ipc = configured();
    return new Promise((resolve, reject) => {
      ipc.connectTo(address, `${tmpdir()}/${address}.node-ipc`, () => {
        const client = ipc.of[address];
        client.on('error', reject);
        client.on('connect', () =>
          resolve({
            send(bytes) {
              client.emit(EVENT, bytes);
              return drained(client.socket);
            },
            onMessage: (handler) => client.on(EVENT, handler),
            close: () => ipc.disconnect(address),
          }),
        );
      });
    });
  },
};
