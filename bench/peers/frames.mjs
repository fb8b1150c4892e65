/** Messages over a stream, with their length (4 bytes) in front: as one writes it by hand, with care. */

const HEADER = 4;
/** Below it one more copy is cheaper than one more buffer to write. */
const COPIED = 64 * 1024;
const CHUNK = 64 * 1024;
const UNSENT_LIMIT = 256 * 1024;

/**
 * Cuts what arrives into messages where it lies; a message that comes in pieces is gathered in one buffer of its size.
 * @param {import('node:net').Socket} socket
 * @param {(bytes: Buffer) => void} handler
 */
export function readFrames(socket, handler) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0);
  let gathered = rest;
  let missing = 0;
  socket.on('data', (/** @type {Buffer} */ chunk) => {
    let bytes = chunk;
    if (missing > 0) {
      const taken = Math.min(missing, bytes.length);
      bytes.copy(gathered, gathered.length - missing, 0, taken);
      missing -= taken;
      if (missing > 0) return;
      handler(gathered);
      bytes = bytes.subarray(taken);
    }
    if (rest.length > 0) bytes = Buffer.concat([rest, bytes]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const start = at + HEADER;
      const end = start + bytes.readUInt32LE(at);
      if (end > bytes.length) {
        gathered = Buffer.allocUnsafeSlow(end - start);
        missing = end - start - bytes.copy(gathered, 0, start);
        at = bytes.length;
        break;
      }
      handler(bytes.subarray(start, end));
      at = end;
    }
    rest = bytes.subarray(at);
  });
}

/** @param {import('node:net').Socket} socket */
const drained = (socket) => new Promise((resolve) => socket.once('drain', resolve));

/** @param {import('node:net').Socket} socket @param {Uint8Array} bytes */
function writeApart(socket, bytes) {
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt32LE(bytes.length, 0);
  socket.cork();
  socket.write(header);
  const flows = socket.write(bytes);
  socket.uncork();
  return flows;
}

/**
 * One write per message.
 * @param {import('node:net').Socket} socket
 * @returns {(bytes: Uint8Array) => void | Promise<unknown>}
 */
export function writeEach(socket) {
  return (bytes) => {
    let flows;
    if (bytes.length < COPIED) {
      const frame = Buffer.allocUnsafe(HEADER + bytes.length);
      frame.writeUInt32LE(bytes.length, 0);
      frame.set(bytes, HEADER);
      flows = socket.write(frame);
    } else {
      flows = writeApart(socket, bytes);
    }
    return flows ? undefined : drained(socket);
  };
}

/**
 * The small messages of one turn in one write (or a few).
 * @param {import('node:net').Socket} socket
 * @returns {(bytes: Uint8Array) => void | Promise<unknown>}
 */
export function writeTogether(socket) {
  let chunk = Buffer.allocUnsafeSlow(CHUNK);
  let used = 0;
  let flows = true;
  const flush = () => {
    if (used === 0) return;
    flows = socket.write(chunk.subarray(0, used));
    chunk = chunk.subarray(used);
    used = 0;
  };
  return (bytes) => {
    const size = HEADER + bytes.length;
    if (size > CHUNK) {
      flush();
      flows = writeApart(socket, bytes);
    } else {
      if (used + size > chunk.length) {
        flush();
        if (size > chunk.length) chunk = Buffer.allocUnsafeSlow(CHUNK);
      }
      if (used === 0) queueMicrotask(flush);
      chunk.writeUInt32LE(bytes.length, used);
      chunk.set(bytes, used + HEADER);
      used += size;
    }
    return flows || socket.writableLength < UNSENT_LIMIT ? undefined : drained(socket);
  };
}
