/** When rings of this thread open. */
import diagnostics from 'node:diagnostics_channel';

/**
 * Resolves when so many have opened from now on. Until then the process stays alive.
 * @param {number} [count]
 * @returns {Promise<void>}
 */
export function atOpening(count = 1) {
  const alive = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    let left = count;
    diagnostics.subscribe('gips:ring.open', () => {
      left -= 1;
      if (left > 0) return;
      clearInterval(alive);
      resolve();
    });
  });
}
