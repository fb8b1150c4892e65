/** Puts the addon, stripped, where `node-gyp-build` looks for one that needs no compiler: `prebuilds/<platform>-<arch>/gips.<libc>.node`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
const libc = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';

mkdirSync(folder, { recursive: true });
const { status } = spawnSync(
  'strip',
  ['--strip-unneeded', '-o', join(folder, `gips.${libc}.node`), join(root, 'build/Release/gips.node')],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
