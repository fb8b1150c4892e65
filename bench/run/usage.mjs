/** What a process has used, from /proc: also of processes that run something else. */
import { readFileSync } from 'node:fs';

const KIB = 1024;

/** @param {number} pid @returns {{ rss: number, anonymous: number }} bytes: all that is resident; without files and shared memory */
export function usageOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  /** @param {string} name */
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * KIB;
  return { rss: field('VmRSS'), anonymous: field('RssAnon') };
}

/** User and system time of this process, µs. */
export function cpuTime() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
