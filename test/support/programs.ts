/** The programs and addons that are built for tests beside the addon. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { isWindows } from './platform.js';

const FOLDER = new URL(isWindows ? '../../build/windows/' : '../../build/Release/', import.meta.url);
const require = createRequire(import.meta.url);

/** The file of a program by its name in binding.gyp; those of test/programs/windows have names like these. */
export function builtProgram(name: string): string {
  return fileURLToPath(new URL(isWindows ? `${name.replace('_', '-')}.exe` : name, FOLDER));
}

/** An addon by its name in binding.gyp. */
export function builtAddon(name: string): unknown {
  return require(fileURLToPath(new URL(`${name}.node`, FOLDER)));
}
