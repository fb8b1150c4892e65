/** zeromq over `ipc://`, a PAIR at each end: its quickest sockets for two processes. */
import { tmpdir } from 'node:os';
import { install, installedVersion, load } from './installed.mjs';

/** A PAIR queues 1000 messages whatever their size: few of the large ones, or memory runs out. */
const LARGE = 1024 * 1024;
const FEW = 4;

/** @param {string} address */
const url = (address) => `ipc://${tmpdir()}/${address}.zmq`;

/** @param {number} size */
function open(size) {
  const { Pair } = load('zeromq');
  return new Pair(size >= LARGE ? { sendHighWaterMark: FEW, receiveHighWaterMark: FEW } : {});
}

/** @param {any} socket @returns {import('../types.js').Link} */
function overSocket(socket) {
  /** @type {Promise<unknown> | undefined} A socket takes one `send` at a time. */
  let busy;
  return {
    send(bytes) {
      const mine = busy === undefined ? socket.send(bytes) : busy.then(() => socket.send(bytes));
      busy = mine.then(() => {
        if (busy === done) busy = undefined;
      });
      const done = busy;
      return mine;
    },
    async onMessage(handler) {
      for await (const [bytes] of socket) handler(bytes);
    },
    close: () => socket.close(),
  };
}

/** @type {import('../types.js').LibraryPeer} */
export const zeromq = {
  name: 'zeromq',
  quick: true,
  single: true,
  prepare: async () => {
    await install('zeromq');
    load('zeromq');
  },
  version: () => `${installedVersion('zeromq')} (libzmq ${load('zeromq').version})`,
  async serve(address, onLink, { row }) {
    const socket = open(row.size);
    await socket.bind(url(address));
    onLink(overSocket(socket));
  },
  async connect(address, { row }) {
    const socket = open(row.size);
    socket.connect(url(address));
    return overSocket(socket);
  },
};
