/** The one door to the addon. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { unsupportedError } from '../errors.js';
import type { NativeBinding } from './binding.js';

export * from './binding.js';
export { errnoOf } from './errno.js';

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

/** What this system calls the objects that processes pass each other. */
export const OBJECT_KIND = process.platform === 'win32' ? 'handle' : 'fd';

/** The addon of this environment: a prebuilt one, or the one built from source. */
export const native: NativeBinding = load();

function load(): NativeBinding {
  const require = createRequire(import.meta.url);
  try {
    const loadAddon = require('node-gyp-build') as (directory: string) => unknown;
    return loadAddon(packageRoot) as NativeBinding;
  } catch (error) {
    const system = `${process.platform}-${process.arch}, Node ${process.version}`;
    throw unsupportedError(
      `cannot load the native addon of gips: there is none that works here (${system}); ` +
        `run "npx node-gyp rebuild" in ${packageRoot}, which needs a C++ compiler`,
      error,
    );
  }
}
