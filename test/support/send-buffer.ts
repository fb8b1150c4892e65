import { readFileSync } from 'node:fs';

import { isWindows } from './platform.js';

/** The send buffer that a channel's socket has: what it asks for, as far as the system lets it, doubled by the kernel for its own needs. */
export function sendBuffer(): number {
  // What a pipe takes in one piece, where there is no such buffer.
  if (isWindows) return 320 * 1024 + 32;
  return 2 * Math.min(160 * 1024, Number(readFileSync('/proc/sys/net/core/wmem_max', 'latin1')));
}
