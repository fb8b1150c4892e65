/** What /proc and /dev/shm tell of leftovers. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The open descriptors of this process. */
export function handles() {
  return list('/proc/self/fd').flatMap((fd) => {
    // The directory's own descriptor is among them and is closed again by now.
    const target = attempt(() => readlinkSync(`/proc/self/fd/${fd}`));
    return target === undefined || target.startsWith('/proc/') ? [] : [`descriptor ${fd}: ${target}`];
  });
}

/**
 * Children of this process, and whatever was started in its name: with its id in that variable.
 * @param {string} owner
 */
export function processes(owner) {
  return list('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    const stat = read(`/proc/${pid}/stat`);
    // The command's name is in parentheses and may contain anything; state and parent follow it.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isOurs = Number(parent) === process.pid || read(`/proc/${pid}/environ`).split('\0').includes(`${owner}=${process.pid}`);
    if (!isOurs) return [];
    return [`process ${pid} (${state}): ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`];
  });
}

/**
 * Sockets bound to such a name, by whichever process, and regions.
 * @param {string} prefix
 */
export function names(prefix) {
  const sockets = read('/proc/net/unix')
    .split('\n')
    .flatMap((line) => line.split(/\s+/, 8)[7] ?? [])
    .filter((name) => name.includes(prefix));
  const regions = list('/dev/shm').filter((name) => name.startsWith(prefix));
  return [...[...new Set(sockets)].map((name) => `socket ${name}`), ...regions.map((name) => `file /dev/shm/${name}`)];
}

/** @param {string} folder */
function list(folder) {
  return attempt(() => readdirSync(folder)) ?? [];
}

/** @param {string} file */
function read(file) {
  return attempt(() => readFileSync(file, 'latin1')) ?? '';
}

/** Processes and descriptors vanish while one looks at them. @template T @param {() => T} look @returns {T | undefined} */
function attempt(look) {
  try {
    return look();
  } catch {
    return undefined;
  }
}
