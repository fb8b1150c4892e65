/** What this process has of regions, and the wait for the garbage collector to take it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One line per mapping and descriptor of a region. */
export function leftovers() {
  const maps = readFileSync('/proc/self/maps', 'latin1').split('\n').filter(isRegion);
  const descriptors = readdirSync('/proc/self/fd').map(targetOf).filter(isRegion);
  return [...maps.map((line) => `mapping ${line}`), ...descriptors.map((target) => `descriptor ${target}`)];
}

/** Where the allocator of AddressSanitizer on Linux has its memory (asan_allocator.h), of which it never gives back a piece. */
const SANITIZER_HEAP = { begin: 0x6000_0000_0000, end: 0x6400_0000_0000 };

/** How many pieces of this process's memory that can be written have at least so many bytes. @param {number} size */
export function largeMappings(size) {
  const lines = readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => !line.endsWith('[heap]'));
  return lines.filter((line) => {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) .w/.exec(line) ?? [undefined, '0', '0'];
    const [begin, end] = [parseInt(from, 16), parseInt(to, 16)];
    const isSanitizers = begin >= SANITIZER_HEAP.begin && end <= SANITIZER_HEAP.end;
    return end - begin >= size && !isSanitizers;
  }).length;
}

/** Collects garbage until `isDone`, or for ten seconds. @param {() => boolean} isDone */
export async function collectUntil(isDone) {
  for (let attempt = 0; attempt < 500 && !isDone(); attempt += 1) {
    globalThis.gc?.();
    await sleep(20);
  }
  return isDone();
}

/** @param {string} text */
function isRegion(text) {
  return text.includes('/memfd:gips-shm') || text.includes('/dev/shm/');
}

/** @param {string} fd */
function targetOf(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the directory's own
  }
}
