/** What is sent, and what everybody who receives has to do with it. */

const PAGE = 4096;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** Messages are longer than this; what ends a stream is shorter. */
const CONTROL_LIMIT = 16;

/** @typedef {import('../types.js').Bytes} Bytes */

/**
 * The same letters for everybody, as text for those that carry nothing else.
 * @param {number} size @param {boolean} asText @returns {Bytes}
 */
export function makePayload(size, asText) {
  const bytes = Buffer.allocUnsafeSlow(size).fill(LETTERS);
  return asText ? bytes.toString('latin1') : bytes;
}

/** Whoever is sent something wants to see it: one byte of each page is read. @param {Bytes} bytes */
export function lookAt(bytes) {
  let sum = 0;
  if (typeof bytes === 'string') for (let at = 0; at < bytes.length; at += PAGE) sum += bytes.charCodeAt(at);
  else for (let at = 0; at < bytes.length; at += PAGE) sum += /** @type {number} */ (bytes[at]);
  return sum;
}

/** @param {Bytes} bytes */
export const isControl = (bytes) => bytes.length <= CONTROL_LIMIT;

/** @param {string} text @param {Bytes} like a payload: it tells whether this peer carries text only @returns {Bytes} */
export const control = (text, like) => (typeof like === 'string' ? text : Buffer.from(text));

/** @param {Bytes} bytes */
export const textOf = (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString());

/** Every byte, for the first message of a measurement. @param {Bytes} got @param {Bytes} expected */
export function mustEqual(got, expected) {
  const same = typeof got === 'string' ? got === expected : Buffer.compare(got, /** @type {Uint8Array} */ (expected)) === 0;
  if (!same) throw new Error(`the bytes that came back differ from those that were sent (${got.length} of ${expected.length} bytes)`);
}
