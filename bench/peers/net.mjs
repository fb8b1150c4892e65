/** node:net with framed messages: one write per message, on a socket file and on an abstract address; and with the writes of a turn put together. */
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFrames, writeEach, writeTogether } from './frames.mjs';

/** @param {string} name */
const socketFile = (name) => join(tmpdir(), `${name}.sock`);

/**
 * @param {string} name
 * @param {typeof writeEach} writer
 * @param {(name: string) => string} addressOf
 * @returns {import('../types.js').LibraryPeer}
 */
function netPeer(name, writer, addressOf) {
  /** @param {net.Socket} socket @returns {import('../types.js').Link} */
  const overSocket = (socket) => {
    socket.on('error', () => socket.destroy());
    const write = writer(socket);
    return {
      send: (bytes) => write(/** @type {Uint8Array} */ (bytes)),
      onMessage: (handler) => readFrames(socket, handler),
      close: () => socket.end(),
    };
  };
  return {
    name,
    version: () => `Node ${process.version}`,
    serve(address, onLink) {
      const server = net.createServer((socket) => onLink(overSocket(socket)));
      return new Promise((resolve) => server.listen({ path: addressOf(address), backlog: 4096 }, () => resolve()));
    },
    connect(address) {
      return new Promise((resolve, reject) => {
        const socket = net.connect(addressOf(address), () => resolve(overSocket(socket)));
        socket.once('error', reject);
      });
    },
  };
}

export const plainNet = { ...netPeer('net', writeEach, socketFile), quick: true };
export const coalescedNet = { ...netPeer('net+', writeTogether, socketFile), quick: true };
export const abstractNet = netPeer('net abstract', writeEach, (name) => `\0${name}`);
