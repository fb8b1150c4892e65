/** What this process holds open. */
import { descriptors } from '../environment/leaks.mjs';
import { isWindows } from './platform.js';
import { windowsFacts } from './windows-facts.js';

/** How many descriptors this process has; on Windows, handles of memory: beside those that stand for objects, a channel opens others when it likes. */
export function regionHandles(): number {
  if (!isWindows) return descriptors().length;
  return windowsFacts()
    .handles()
    .filter(([, type]) => type === 'Section').length;
}
