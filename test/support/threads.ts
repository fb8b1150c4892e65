/** What the threads of a process are doing. */
import { readdirSync, readFileSync } from 'node:fs';

/** The number of `futex_waitv`, in which helper threads wait on shared memory. */
const FUTEX_WAITV = '449';

/** How many threads of the process wait on a word of shared memory, idle ones not included. */
export function waitingThreads(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).filter((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'latin1').startsWith(`${FUTEX_WAITV} `);
    } catch {
      return false;
    }
  }).length;
}
