/** Two ways to exchange messages, behind one small face: `serve(name, onChannel)`, `connect(name)`; a channel has `send(bytes)` and `onMessage`. */
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endpoint, Listener } from 'gips';

const HEADER = 4;
/** Below it one more copy is cheaper than one more buffer to write. */
const COPIED = 64 * 1024;

function overChannel(channel) {
  const face = { onMessage: undefined, send: (bytes) => channel.send(bytes), share: (region) => channel.send('', { objects: [region] }) };
  channel.on('message', ({ payload, objects }) => {
    if (objects.length === 0) return face.onMessage(payload);
    const region = objects[0].toShm();
    face.onMessage(region.bytes);
    region.close();
  });
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

/**
 * Messages with their length in front, as one writes them by hand: header and bytes in one write; what arrives is cut into messages where it lies,
 * or, if a message comes in pieces, gathered in a buffer of its size.
 */
function overSocket(socket) {
  const face = { onMessage: undefined, send };
  let rest = Buffer.alloc(0);
  let gathered;
  let missing = 0;
  socket.on('data', (chunk) => {
    let bytes = chunk;
    if (missing > 0) {
      const taken = Math.min(missing, bytes.length);
      bytes.copy(gathered, gathered.length - missing, 0, taken);
      missing -= taken;
      if (missing > 0) return;
      face.onMessage(gathered);
      bytes = bytes.subarray(taken);
    }
    if (rest.length > 0) bytes = Buffer.concat([rest, bytes]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const size = bytes.readUInt32LE(at);
      const end = at + HEADER + size;
      if (end > bytes.length) {
        gathered = Buffer.allocUnsafeSlow(size);
        missing = size - bytes.copy(gathered, 0, at + HEADER);
        at = bytes.length;
        break;
      }
      face.onMessage(bytes.subarray(at + HEADER, end));
      at = end;
    }
    rest = bytes.subarray(at);
  });
  function send(bytes) {
    const header = Buffer.allocUnsafe(HEADER);
    header.writeUInt32LE(bytes.length, 0);
    let flows;
    if (bytes.length < COPIED) {
      flows = socket.write(Buffer.concat([header, bytes]));
    } else {
      socket.cork();
      socket.write(header);
      flows = socket.write(bytes);
      socket.uncork();
    }
    if (flows) return undefined;
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
