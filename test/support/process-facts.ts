/** What the system knows of processes. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { DEADLINE_MS, eventually } from './deadline.js';
import { isWindows } from './platform.js';
import { windowsFacts } from './windows-facts.js';

/** Blocks this thread, and so all that goes on in it, until a child is dead. */
export function blockUntilDead(pid: number): void {
  if (isWindows) {
    if (!windowsFacts().awaitEnd(pid, DEADLINE_MS)) throw new Error(`process ${pid} has not ended`);
    return;
  }
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + DEADLINE_MS;
  while (!/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))) {
    if (performance.now() > end) throw new Error(`process ${pid} has not ended`);
    Atomics.wait(nobody, 0, 0, 1);
  }
}

/** Waits until a process has stopped that was told to by SIGSTOP. */
export async function hasStopped(pid: number): Promise<void> {
  // Windows has stopped it before it was asked.
  if (isWindows) return;
  await eventually(() => expect(readFileSync(`/proc/${pid}/status`, 'latin1')).toMatch(/^State:\s+T/m));
}

/** The resident memory of a process in bytes. */
export function residentMemory(pid: number): number {
  if (isWindows) return windowsFacts().residentMemory(pid);
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}

/** How many descriptors, or handles of Windows, a process has open. */
export function descriptorCount(pid: number): number {
  if (isWindows) return windowsFacts().handleCount(pid);
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What the descriptors of a process stand for. */
export function descriptorTargets(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return []; // closed meanwhile, as that of the directory itself
    }
  });
}

/** The most descriptors any process of this user may be allowed. */
export function hardDescriptorLimit(): number {
  if (isWindows) return Infinity;
  const [, limit] = /^Max open files +\d+ +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return limit === 'unlimited' ? Infinity : Number(limit);
}

/** The processor time a process has used, in seconds. */
export function processorTime(pid: number): number {
  // Wine tells the time of whoever asks, whatever the process: what is idle cannot be seen there.
  if (isWindows) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Fields 14 and 15, in ticks of 10 ms; the second one is a name in parentheses that may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How often the threads of a process have gone to sleep. */
export function timesAsleep(pid: number): number {
  const ofThread = (thread: string): number => {
    const [, count] = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1')) ?? [];
    return Number(count);
  };
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + ofThread(thread), 0);
}

/** Has the first thread of a process, where its JavaScript runs, use one core from now on. */
export function pinToOneCore(pid: number): void {
  const [, core] = /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  execFileSync('taskset', ['--cpu-list', '--pid', core!, `${pid}`]);
}

/** Sets how many descriptors a process may have from now on. */
export function limitDescriptors(pid: number, limit: number): void {
  execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${limit}:`]);
}
