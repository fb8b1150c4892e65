/** What this process has of regions, and the wait for the garbage collector to take it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One line per mapping and descriptor of a region. */
export function leftovers() {
  const maps = readFileSync('/proc/self/maps', 'latin1').split('\n').filter(isRegion);
  const descriptors = readdirSync('/proc/self/fd').map(targetOf).filter(isRegion);
  return [...maps.map((line) => `mapping ${line}`), ...descriptors.map((target) => `descriptor ${target}`)];
}

/** The addresses of the mappings of regions, as `from-to`. */
export function ranges() {
  return leftovers().flatMap((line) => /^mapping ([0-9a-f]+-[0-9a-f]+)/.exec(line)?.[1] ?? []);
}

/** Whether any page of the range `from-to` is there. @param {string} range */
export function isMapped(range) {
  const [from, to] = boundsOf(range);
  return readFileSync('/proc/self/maps', 'latin1')
    .trim()
    .split('\n')
    .map((line) => boundsOf(line.split(' ')[0] ?? ''))
    .some(([start, end]) => start < to && from < end);
}

/** The address space of this process in bytes. */
export function addressSpace() {
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;
}

/** Collects garbage until `isDone`, or for two seconds. @param {() => boolean} isDone */
export async function collectUntil(isDone) {
  for (let attempt = 0; attempt < 100 && !isDone(); attempt += 1) {
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

/** @param {string} range */
function boundsOf(range) {
  return range.split('-').map((address) => BigInt(`0x${address}`));
}
