/** Payloads of any size that tell which one they are, and whether they are whole. */

const STAMP_SIZE = 8;

/**
 * Payload number `number`, of at least 8 bytes.
 * @param {number} number
 * @param {number} size
 */
export function stamped(number, size) {
  const payload = Buffer.alloc(size, number % 251);
  payload.writeUInt32LE(number, 0);
  payload.writeUInt32LE(size, 4);
  return payload;
}

/**
 * Which one it is; -1 if it is not whole.
 * @param {Buffer} payload
 */
export function stampOf(payload) {
  if (payload.length < STAMP_SIZE) return -1;
  const number = payload.readUInt32LE(0);
  return payload.readUInt32LE(4) === payload.length && payload.equals(stamped(number, payload.length)) ? number : -1;
}
