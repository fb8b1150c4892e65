/** The Rust crate `gips`, whose API this package follows: built with cargo into `build/bench/rust`, from its cache if that will do. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../rust/', import.meta.url));
const target = fileURLToPath(new URL('../../build/bench/rust/', import.meta.url));
/** @type {Record<string, string>} */
const modes = { 'round trip': 'round-trip', 'one way': 'one-way' };

/** @param {string[]} flags */
const build = (...flags) =>
  run('cargo', ['build', '--release', '--quiet', '--locked', '--target-dir', target, ...flags], { cwd: source, timeout: 180_000 });

/** @type {import('../types.js').ProgramPeer} */
export const rust = {
  name: 'Rust gips',
  prepare: async () => {
    await build('--offline').catch(() => build());
  },
  version: () => '0.2.0',
  command(workload, row, { milliseconds, pins }) {
    const mode = modes[workload];
    if (mode === undefined || row.size > 65_536) return undefined;
    return [`${target}release/gips-bench`, mode, String(row.size), String(milliseconds), ...pins];
  },
};
