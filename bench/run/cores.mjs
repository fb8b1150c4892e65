/** Which cores the two processes run on, and how they are kept there. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const hasTaskset = spawnSync('taskset', ['-V']).status === 0;

/** The cores this process may use. @returns {number[]} */
function allowed() {
  const list = /: (.+)$/m.exec(spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' }).stdout)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

const cores = hasTaskset ? allowed() : [];

/**
 * The cores for the server and the client, as text; none if they cannot be pinned.
 * @param {'one' | 'two' | 'none'} pin
 * @returns {string[]}
 */
export function pins(pin) {
  if (pin === 'none') return [];
  const [first, second = first] = cores;
  if (first === undefined) return [];
  return pin === 'one' ? [String(first), String(first)] : [String(second), String(first)];
}

/** How a row was pinned, for the report. @param {'one' | 'two' | 'none'} pin */
export function describePins(pin) {
  if (pin === 'none') return `both processes on any core (${availableParallelism()})`;
  if (cores.length === 0) return `not pinned: no taskset (${availableParallelism()} cores)`;
  if (pin === 'one') return 'both processes on one core';
  return cores.length > 1 ? 'a core for each process' : 'both processes on one core: there is no second';
}

/** @param {string | undefined} core @returns {string[]} what to put before a command */
export const onCore = (core) => (core === undefined ? [] : ['taskset', '-c', core]);
