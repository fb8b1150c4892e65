/** What plain C reaches on the same kernel objects: the limit. Compiled by the harness into `build/bench`. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../c/', import.meta.url));
const target = fileURLToPath(new URL('../../build/bench/', import.meta.url));

/**
 * @param {string} name
 * @param {string} program the source's name, without `.c`
 * @param {Record<string, string>} modes what the program calls each workload it has
 * @param {boolean} quick
 * @returns {import('../types.js').ProgramPeer}
 */
function cPeer(name, program, modes, quick) {
  return {
    name,
    quick,
    async prepare() {
      mkdirSync(target, { recursive: true });
      await run('cc', ['-O2', '-Wall', '-Wextra', '-o', `${target}${program}`, `${source}${program}.c`]);
    },
    version: async () => (await run('cc', ['--version'])).stdout.split('\n')[0] ?? 'cc',
    command(workload, row, { milliseconds, pins }) {
      const mode = modes[workload];
      if (mode === undefined || row.size > 65_536) return undefined;
      return [`${target}${program}`, mode, String(row.size), String(milliseconds), ...pins];
    },
  };
}

export const cLimit = [
  cPeer('C', 'seqpacket', { 'round trip': 'round-trip', 'one way': 'one-way' }, true),
  cPeer('C mmsg', 'seqpacket', { 'one way': 'one-way-mmsg' }, true),
  cPeer('C ring', 'ring', { 'round trip': 'round-trip', 'one way': 'one-way', 'spinning round trip': 'round-trip' }, false),
];
