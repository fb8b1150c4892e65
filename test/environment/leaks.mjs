/** What exists outside of JavaScript on behalf of the tests in this process, and what is left of it when a suite is over. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import * as linux from './leaks-linux.mjs';
import * as windows from './leaks-windows.mjs';

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

const platform = process.platform === 'win32' ? windows : linux;

/** The open handles of this process. */
export const descriptors = platform.handles;

/** @returns {Inventory} */
export function takeInventory() {
  return [...platform.handles(), ...platform.processes(OWNER), ...platform.names(NAME_PREFIX), ...files(tmpdir())];
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

/** @param {string} folder */
function files(folder) {
  return readdirSync(folder)
    .filter((name) => name.startsWith(NAME_PREFIX))
    .map((name) => `file ${folder}/${name}`);
}
