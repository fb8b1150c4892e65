/** What the threads of a process are doing. */
import { readdirSync, readFileSync } from 'node:fs';

import type { Shm } from 'gips';
import { isWindows } from './platform.js';
import { windowsFacts } from './windows-facts.js';

/** The number of `futex_waitv`, in which helper threads wait on shared memory. */
const FUTEX_WAITV = '449';

/**
 * How many threads of the process wait for a notification in shared memory; on Windows, in regions that this process has, too. On Linux those that wait
 * for a lock are among them.
 */
export function waitingThreads(pid: number): number {
  return isWindows ? windowsFacts().waiters(pid) : sleepingThreads(pid);
}

/** Fails unless so many threads of each process sleep because of a lock. Windows tells nobody what threads do. */
export function expectAsleep(pids: readonly number[], each: number): void {
  if (!isWindows) expect(pids.map(sleepingThreads)).toEqual(pids.map(() => each));
}

/** How many calls wait for the lock at `byteOffset`, in all processes. Those that were killed meanwhile are counted for ever. */
export function lockWaiters(shm: Shm, byteOffset: number): number {
  return Atomics.load(shm.view(Int32Array, byteOffset + 4, 1), 0);
}

/** Threads that own locks, and idle ones, are not among them. */
function sleepingThreads(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).filter((thread) => {
    try {
      const folder = `/proc/${pid}/task/${thread}`;
      const isHelper = readFileSync(`${folder}/comm`, 'latin1') === 'gips-wait\n';
      return isHelper && readFileSync(`${folder}/syscall`, 'latin1').startsWith(`${FUTEX_WAITV} `);
    } catch {
      return false;
    }
  }).length;
}
