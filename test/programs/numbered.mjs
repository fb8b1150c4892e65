/** Payloads that tell which one they are, and a tally of those that have come. */

/**
 * Payload number `number`: small ones, some that fill a packet, a few that take several, unless a size is given.
 * @param {number} number
 * @param {number} [size] in bytes
 */
export function numbered(number, size = number % 1000 === 999 ? 100_000 : number % 100 === 99 ? 20_000 : 4 + (number % 60)) {
  const payload = Buffer.alloc(size, number);
  payload.writeUInt32LE(number);
  return payload;
}

/**
 * Takes everything that comes until the end, which is told by the code of its error.
 * @param {() => import('gips').Message | Promise<import('gips').Message>} receive
 * @param {number} [size] of each, if they are of one size
 */
export async function tally(receive, size) {
  let count = 0;
  let firstOutOfOrder = null;
  try {
    for (;;) {
      const { payload, objects } = await receive();
      for (const object of objects) object.close();
      if (!payload.equals(numbered(count, size))) firstOutOfOrder ??= count;
      count += 1;
    }
  } catch (error) {
    return { count, firstOutOfOrder, end: error.code };
  }
}
