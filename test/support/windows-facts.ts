/** addon/test/windows_facts.cc: what Windows knows of processes, as /proc tells it elsewhere. */
import { builtAddon } from './programs.js';

interface WindowsFacts {
  /** Those of this process. */
  handles(): [value: number, type: string][];
  handleCount(pid: number): number;
  residentMemory(pid: number): number;
  /** Waits so long for the end of a process. */
  awaitEnd(pid: number, ms: number): boolean;
  suspend(pid: number): void;
  resume(pid: number): void;
}

/** Only on Windows. */
export function windowsFacts(): WindowsFacts {
  return builtAddon('windows_facts') as WindowsFacts;
}
