/** What Windows tells of leftovers, by way of an addon of the tests. Services and regions have no names without a handle. */
import { createRequire } from 'node:module';

/** @typedef {[pid: number, parent: number, name: string]} WindowsProcess */
/** @typedef {{ handles(): [value: number, type: string][], processes(): WindowsProcess[] }} WindowsFacts */

/** @returns {WindowsFacts} */
const facts = () => createRequire(import.meta.url)('../../build/windows/windows_facts.node');

/**
 * What tests and the library open. Node itself opens events, threads and keys of the registry whenever it likes; a section stays from the first connection on.
 */
const TYPES = new Set(['Pipe', 'File', 'Process', 'Token']);

/** The handles of this process. */
export function handles() {
  return facts()
    .handles()
    .flatMap(([value, type]) => (TYPES.has(type) ? [`handle ${value}: ${type}`] : []));
}

/** Children of this process, and theirs. */
export function processes() {
  const all = facts().processes();
  /** @type {(parent: number) => WindowsProcess[]} */
  const below = (parent) => all.filter((each) => each[1] === parent && each[0] !== parent).flatMap((child) => [child, ...below(child[0])]);
  return below(process.pid).map(([pid, , name]) => `process ${pid} (running): ${name}`);
}

/** @returns {string[]} */
export function names() {
  return [];
}
