/** Payloads of any size that tell which one they are, and whether they are whole. */

const STAMP_SIZE = 8;

/**
 * Payload number `number`, of at least 8 bytes.
 * @param {number} number
 * @param {number} size
 */
export function stamped(number, size) {
  return stamp(Buffer.alloc(size), number);
}

/**
 * Makes it payload number `number`.
 * @param {Buffer} payload
 * @param {number} number
 */
export function stamp(payload, number) {
  payload.fill(number % 251);
  payload.writeUInt32LE(number, 0);
  payload.writeUInt32LE(payload.length, 4);
  return payload;
}

/**
 * Which one it is; -1 if it is not whole.
 * @param {Buffer} payload
 */
export function stampOf(payload) {
  if (payload.length < STAMP_SIZE) return -1;
  const number = payload.readUInt32LE(0);
  return payload.equals(stamped(number, payload.length)) ? number : -1;
}
