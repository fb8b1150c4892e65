/** Two ways to exchange messages, behind one small face: `serve(name, onChannel)`, `connect(name)`; a channel has `send(bytes)` and `onMessage`. */
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endpoint, Listener } from 'gips';

const HEADER = 4;

function overChannel(channel) {
  const face = { onMessage: undefined, send: (bytes) => channel.send(bytes) };
  channel.on('message', (message) => face.onMessage(message.payload));
  return face;
}

export const gips = {
  async serve(name, onChannel) {
    const listener = await Listener.bind(name);
    listener.on('connection', (connection) => onChannel(overChannel(connection)));
  },
  async connect(name) {
    return overChannel(await Endpoint.connect(name));
  },
};

/** Messages with their length in front, as one writes them by hand: header and bytes in one write, whole messages cut out of what arrives. */
function overSocket(socket) {
  const face = { onMessage: undefined, send };
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const end = at + HEADER + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      face.onMessage(bytes.subarray(at + HEADER, end));
      at = end;
    }
    rest = bytes.subarray(at);
  });
  function send(bytes) {
    const frame = Buffer.allocUnsafe(HEADER + bytes.length);
    frame.writeUInt32LE(bytes.length, 0);
    frame.set(bytes, HEADER);
    if (socket.write(frame)) return undefined;
    return new Promise((resolve) => socket.once('drain', resolve));
  }
  return face;
}

const socketPath = (name) => join(tmpdir(), `${name}.sock`);

export const nodeNet = {
  serve(name, onChannel) {
    const server = net.createServer((socket) => onChannel(overSocket(socket)));
    return new Promise((resolve) => server.listen(socketPath(name), resolve));
  },
  connect(name) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(socketPath(name), () => resolve(overSocket(socket)));
      socket.once('error', reject);
    });
  },
};

export const peers = { gips, 'node:net': nodeNet };
