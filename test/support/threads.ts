/** What the threads of a process are doing. */
import { readdirSync, readFileSync } from 'node:fs';

/** The number of `futex_waitv`, in which helper threads wait on shared memory. */
const FUTEX_WAITV = '449';

/** How many threads of the process wait for a notification or a lock, those that own locks and idle ones not included. */
export function waitingThreads(pid: number): number {
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
