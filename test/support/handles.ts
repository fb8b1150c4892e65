/** The handles of processes on Windows: see addon/test/windows_facts.cc. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Facts {
  handleCount(pid: number): number;
}

/** How many handles a process has. */
export function handleCount(pid = process.pid): number {
  const file = fileURLToPath(new URL('../../build/windows/windows_facts.node', import.meta.url));
  return (createRequire(import.meta.url)(file) as Facts).handleCount(pid);
}
