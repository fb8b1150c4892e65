/**
 * The Rust crate `gips`, whose API this package follows. As published, 0.2.0 does not compile on Linux: a `use` is missing. It is built from a copy with that
 * line put where it belongs, into `build/bench`; 0.1.0 is empty.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const source = fileURLToPath(new URL('../rust/', import.meta.url));
const build = fileURLToPath(new URL('../../build/bench/', import.meta.url));
const project = join(build, 'rust');
const crate = join(build, 'rust-gips');
const LINE = 'use std::os::unix::io::AsRawFd;\n';
/** @type {Record<string, string>} */
const modes = { 'round trip': 'round-trip', 'one way': 'one-way' };

/** @param {string[]} args */
async function cargo(...args) {
  try {
    return (await promisify(execFile)('cargo', args, { cwd: project, timeout: 180_000, maxBuffer: 2 ** 26 })).stdout;
  } catch (/** @type {any} */ error) {
    throw new Error(
      `cargo ${args[0]}: ${
        String(error.stderr || error.message)
          .trim()
          .split('\n')[0]
      }`,
      { cause: error },
    );
  }
}

function mend() {
  const file = join(crate, 'src/seqpacket.rs');
  const text = readFileSync(file, 'utf8').replace(`        ${LINE}`, '');
  writeFileSync(file, text.replace('use libc::', `${LINE}use libc::`));
}

/** @type {import('../types.js').ProgramPeer} */
export const rust = {
  name: 'Rust gips',
  async prepare() {
    mkdirSync(build, { recursive: true });
    cpSync(source, project, { recursive: true });
    await cargo('fetch', '--locked', '--offline').catch(() => cargo('fetch', '--locked'));
    const { packages } = JSON.parse(await cargo('metadata', '--locked', '--offline', '--format-version', '1'));
    const { manifest_path: manifest } = packages.find((/** @type {{ name: string }} */ { name }) => name === 'gips');
    rmSync(crate, { recursive: true, force: true });
    cpSync(dirname(manifest), crate, { recursive: true });
    mend();
    await cargo('build', '--release', '--quiet', '--offline', '--config', `patch.crates-io.gips.path="${crate}"`);
  },
  version: () => '0.2.0, with a missing `use` added',
  command(workload, row, { milliseconds, pins }) {
    const mode = modes[workload];
    if (mode === undefined || row.size > 65_536) return undefined;
    return [join(project, 'target/release/gips-bench'), mode, String(row.size), String(milliseconds), ...pins];
  },
};
