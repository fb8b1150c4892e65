/** What exists outside of JavaScript on behalf of the tests in this process, and what is left of it when a suite is over. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';

/** One line for a person per thing. @typedef {string[]} Inventory */

/** All names of services, files and regions that the tests of this process make begin with it. */
export const NAME_PREFIX = `gips-test.${process.pid}.`;

/** Inherited by every process that the tests start, so that orphans are found too. */
const OWNER = 'GIPS_TEST_OWNER';
process.env[OWNER] = String(process.pid);

/** How long what has been closed may take to vanish: `uv_close`, the end of a child and the garbage collector all take a moment. */
const GRACE_MS = 3000;

v8.setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = vm.runInNewContext('gc');

/** @returns {Inventory} */
export function takeInventory() {
  return [...descriptors(), ...processes(), ...sockets(), ...files(tmpdir()), ...files('/dev/shm')];
}

/**
 * What exists now, did not exist before, and still exists when the grace is over.
 * @param {Inventory} before
 * @param {number} [graceMs]
 * @returns {Promise<Inventory>}
 */
export async function waitForLeftovers(before, graceMs = GRACE_MS) {
  const known = new Set(before);
  const deadline = performance.now() + graceMs;
  for (;;) {
    const leftovers = takeInventory().filter((thing) => !known.has(thing));
    if (leftovers.length === 0 || performance.now() > deadline) return leftovers;
    collectGarbage();
    await sleep(50);
  }
}

/** The open descriptors of this process. */
export function descriptors() {
  return list('/proc/self/fd').flatMap((fd) => {
    // The directory's own descriptor is among them and is closed again by now.
    const target = attempt(() => readlinkSync(`/proc/self/fd/${fd}`));
    return target === undefined || target.startsWith('/proc/') ? [] : [`descriptor ${fd}: ${target}`];
  });
}

/** Children of this process, and whatever was started in its name. */
function processes() {
  return list('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    const stat = read(`/proc/${pid}/stat`);
    // The command's name is in parentheses and may contain anything; state and parent follow it.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isOurs = Number(parent) === process.pid || read(`/proc/${pid}/environ`).split('\0').includes(`${OWNER}=${process.pid}`);
    if (!isOurs) return [];
    return [`process ${pid} (${state}): ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`];
  });
}

/** Sockets bound to a name of ours, by whichever process. */
function sockets() {
  const names = read('/proc/net/unix')
    .split('\n')
    .flatMap((line) => line.split(/\s+/, 8)[7] ?? []);
  return [...new Set(names)].filter((name) => name.includes(NAME_PREFIX)).map((name) => `socket ${name}`);
}

/** @param {string} folder */
function files(folder) {
  return list(folder)
    .filter((name) => name.startsWith(NAME_PREFIX))
    .map((name) => `file ${folder}/${name}`);
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
