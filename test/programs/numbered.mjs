/** Payloads that tell which one they are, and whether they are whole. */

/**
 * Payload number `number`: small ones, some that fill a packet, a few that take several.
 * @param {number} number
 */
export function numbered(number) {
  const size = number % 1000 === 999 ? 100_000 : number % 100 === 99 ? 20_000 : 4 + (number % 60);
  const payload = Buffer.alloc(size, number);
  payload.writeUInt32LE(number);
  return payload;
}

/**
 * Which one it is; -1 if it is not whole.
 * @param {Buffer} payload
 */
export function numberOf(payload) {
  const number = payload.length >= 4 ? payload.readUInt32LE() : -1;
  return number >= 0 && payload.equals(numbered(number)) ? number : -1;
}
