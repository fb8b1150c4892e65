/** Using up all descriptors of a process, whose limit is set by the test. */
import { closeSync, openSync } from 'node:fs';

/** @type {number[]} */
const hoard = [];

/** Opens until no descriptor is left. */
export function exhaust() {
  try {
    for (;;) hoard.push(openSync('/dev/null'));
  } catch (error) {
    if (error.code !== 'EMFILE') throw error;
  }
}

/**
 * Gives so many back.
 * @param {number} count
 */
export function free(count) {
  for (const fd of hoard.splice(0, count)) closeSync(fd);
}

/**
 * Does what a message of the test's says, if it says `exhaust` or `free COUNT`.
 * @param {string} text
 */
export function obey(text) {
  if (text === 'exhaust') exhaust();
  else if (text.startsWith('free ')) free(Number(text.slice(5)));
}
