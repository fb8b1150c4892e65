/** What was measured on. */
import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** @returns {Record<string, string>} */
export function describeMachine() {
  const load = loadavg().map((value) => value.toFixed(2));
  return {
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores for this process`,
    virtualization: spawnSync('systemd-detect-virt', { encoding: 'utf8' }).stdout?.trim() || hypervisor(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `Linux ${release()}`,
    node: process.version,
    'load average at the start': load.join(' '),
    'descriptors per process': execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim(),
  };
}

function hypervisor() {
  const lines = spawnSync('lscpu', { encoding: 'utf8' }).stdout ?? '';
  return /^Hypervisor vendor:\s+(.+)$/m.exec(lines)?.[1] ?? 'none known';
}
