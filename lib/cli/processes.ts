/** What /proc tells of processes. Those of other users keep some of it to themselves: it is null then. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** USER_HZ, which is the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessInfo {
  readonly pid: number;
  readonly uid: number;
  readonly user: string | null;
  readonly command: string;
  /** In ISO 8601. */
  readonly since: string | null;
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Seconds of processor time so far. */
  readonly cpu: number;
}

/** Who has which socket open: the process ids, by inode. Several where one was inherited or passed on. */
export function socketOwners(): Map<number, number[]> {
  const owners = new Map<number, number[]>();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    for (const inode of socketsOf(pid)) {
      const pids = owners.get(inode) ?? [];
      if (!pids.includes(Number(pid))) owners.set(inode, [...pids, Number(pid)]);
    }
  }
  return owners;
}

function socketsOf(pid: string): number[] {
  const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return descriptors.flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '') ?? [];
    return inode === undefined ? [] : [Number(inode)];
  });
}

/** `undefined` for a process that has ended. */
export function describeProcess(pid: number, userName: (uid: string) => string | undefined): ProcessInfo | undefined {
  return attempt(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses that may contain anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, resident] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    const { uid } = statSync(`/proc/${pid}`);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    return {
      pid,
      uid,
      user: userName(String(uid)) ?? null,
      command,
      since: startOf(fields[19] ?? NaN),
      memory: Number(resident ?? 0) * 1024,
      cpu: ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS_PER_SECOND,
    };
  });
}

/** Whether the addon of this library is loaded there; `null` where that is kept secret. */
export function usesGips(pid: number): boolean | null {
  const maps = attempt(() => readFileSync(`/proc/${pid}/maps`, 'utf8'));
  return maps === undefined ? null : /\/gips(\.\w+)?\.node$/m.test(maps);
}

function startOf(ticks: number): string | null {
  const [, boot] = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1')) ?? [];
  const seconds = Number(boot) + ticks / TICKS_PER_SECOND;
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString() : null;
}

/** Processes end, and are forbidden to look at. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
