import { createHash } from 'node:crypto';

/**
 * What came: how many bytes, and their digest.
 * @param {AsyncIterable<any>} messages
 */
export async function digestOf(messages) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const { payload } of messages) {
    hash.update(payload);
    bytes += payload.length;
  }
  return { bytes, digest: hash.digest('hex') };
}
