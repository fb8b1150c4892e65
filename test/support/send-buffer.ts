import { readFileSync } from 'node:fs';

/** The send buffer that a channel's socket has: what it asks for, as far as the system lets it, doubled by the kernel for its own needs. */
export function sendBuffer(): number {
  return 2 * Math.min(160 * 1024, Number(readFileSync('/proc/sys/net/core/wmem_max', 'latin1')));
}
