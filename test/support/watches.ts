/** What a process has watched by the file system, as the kernel knows it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

import { isWindows } from './platform.js';

/** The inodes of everything that process watches. */
function watchedInodes(pid: number): number[] {
  // There are no services that are files.
  if (isWindows) return [];
  return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    try {
      const lines = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
      return [...lines.matchAll(/^inotify wd:\S+ ino:([0-9a-f]+)/gm)].map(([, inode]) => parseInt(inode!, 16));
    } catch {
      return []; // closed meanwhile
    }
  });
}

export function isWatched(path: string, pid = process.pid): boolean {
  return watchedInodes(pid).includes(statSync(path).ino);
}

export function watchCount(pid = process.pid): number {
  return watchedInodes(pid).length;
}
