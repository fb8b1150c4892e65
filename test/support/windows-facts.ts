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
  threadCount(pid: number): number;

  /** What this process has mapped or allocated, each piece as a whole. */
  mappings(): [from: number, to: number, isWritable: boolean, isRegion: boolean][];
  /** How many threads of the process wait in regions that are mapped in this one. */
  waiters(pid: number): number;
  isRegion(handle: number): boolean;
  /** Shared memory that begins with `bytes`. Its handle, or a negative error of Windows'. */
  createSection(size: number, bytes: Buffer, options: SectionOptions): number;
  /** A handle with such access, or a negative error of Windows'. */
  duplicate(handle: number, access: number): number;
  /** Maps it with such access, for a moment: 0 or a negative error of Windows'. */
  map(handle: number, access: number): number;
  close(handle: number): void;
}

export interface SectionOptions {
  /** Of this open file. */
  file?: number;
  /** Its pages are only reserved. */
  reserves?: boolean;
  /** As Windows knows it. */
  name?: string;
  /** A security descriptor as text; by default everybody may do anything. */
  rights?: string;
  /** The handle is for reading alone. */
  readOnly?: boolean;
}

/** SECTION_MAP_WRITE, SECTION_MAP_READ and so on. */
export const Access = { MAP_WRITE: 2, MAP_READ: 4, READ_CONTROL: 0x2_0000, WRITE_DAC: 0x4_0000, WRITE_OWNER: 0x8_0000 } as const;
/** -ERROR_ACCESS_DENIED */
export const DENIED = -5;

/** Only on Windows. */
export function windowsFacts(): WindowsFacts {
  return builtAddon('windows_facts') as WindowsFacts;
}
