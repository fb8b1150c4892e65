/**
 * Pseudo-random numbers of 32 bits (xorshift), the same for the same seed.
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
