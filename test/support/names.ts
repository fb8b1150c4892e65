/** Names that no other test process uses, and that the check for leftovers recognises. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { socketFiles } from './platform.js';

let count = 0;

/** A fresh name of a service in the platform's own namespace. */
export function serviceName(label = 'service'): string {
  return `gips-test.${process.pid}.${++count}.${label}`;
}

/** A fresh name of a service that is a socket file. */
export function socketPath(label = 'service'): string {
  return join(tmpdir(), serviceName(label));
}

/** The kinds of names there are here, for `test.each`. */
export const NAME_KINDS: [kind: string, newName: () => string][] = [
  ['an abstract name', serviceName],
  ...socketFiles.rows<[string, () => string]>(['a socket file', socketPath]),
];

/** A fresh name of a region, which may have 30 bytes. */
export function regionName(): string {
  return `gips-test.${process.pid}.${++count}`;
}
