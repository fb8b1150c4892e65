/** What this process has of regions, and the wait for the garbage collector to take it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One line per mapping and descriptor of a region. */
export function leftovers() {
  const maps = readFileSync('/proc/self/maps', 'latin1').split('\n').filter(isRegion);
  const descriptors = readdirSync('/proc/self/fd').map(targetOf).filter(isRegion);
  return [...maps.map((line) => `mapping ${line}`), ...descriptors.map((target) => `descriptor ${target}`)];
}

/** How many pieces of this process's memory that can be written have at least so many bytes. @param {number} size */
export function largeMappings(size) {
  return mappings().filter(({ from, to, isWritable, name }) => isWritable && to - from >= size && name !== '[heap]').length;
}

/** Where the first region of this process is mapped. */
export function regionRange() {
  return mappings().find(({ name }) => isRegion(name));
}

/**
 * Whether a range is still what a closed region leaves in its place: memory of its own for which no swap is reserved (MAP_NORESERVE, mmap(2)). That of
 * malloc, which may have got the same addresses since, is not of that kind.
 * @param {{ from: number, to: number }} range
 */
export function isRetired(range) {
  return mappings().some(({ from, to, isWritable, flags }) => from <= range.from && to >= range.to && isWritable && flags.includes('nr'));
}

/** Collects garbage until `isDone`, or for ten seconds. @param {() => boolean} isDone */
export async function collectUntil(isDone) {
  for (let attempt = 0; attempt < 500 && !isDone(); attempt += 1) {
    globalThis.gc?.();
    await sleep(20);
  }
  return isDone();
}

/** What this process has mapped (proc_pid_smaps(5)). */
function mappings() {
  const text = readFileSync('/proc/self/smaps', 'latin1');
  return [...text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) .(.)(?:\S+ ){4} *(.*)$[^]*?^VmFlags: (.*)$/gm)].map(
    ([, from, to, write, name, flags]) => ({
      from: parseInt(from, 16),
      to: parseInt(to, 16),
      isWritable: write === 'w',
      name,
      flags: flags.split(' '),
    }),
  );
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
