/** What processes hold open, on Windows as addon/test/windows_facts.cc tells it. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { descriptors } from '../environment/leaks.mjs';

interface Facts {
  handleCount(pid: number): number;
}

/** How many handles this process has, on Windows. */
export function handleCount(): number {
  const file = fileURLToPath(new URL('../../build/windows/windows_facts.node', import.meta.url));
  return (createRequire(import.meta.url)(file) as Facts).handleCount(process.pid);
}

/** How many descriptors, or handles, this process has. */
export function openCount(): number {
  return process.platform === 'win32' ? handleCount() : descriptors().length;
}
