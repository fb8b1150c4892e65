import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

const numbers: ReadonlyMap<string, number> = new Map([...getSystemErrorMap()].map(([errno, [name]]) => [name, errno]));

/** The number of a system error as the addon and Node's own errors have it: negative, and libuv's own on Windows. */
export function errnoOf(name: keyof typeof constants.errno): number {
  return numbers.get(name) ?? -constants.errno[name];
}
