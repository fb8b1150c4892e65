/**
 * Packages that the benchmark alone needs: installed into `bench/registry/node_modules` on demand, with the versions of the lockfile there and without
 * their scripts. That folder is apart because below its `package.json` the name `gips` no longer means this package.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const folder = new URL('../registry/', import.meta.url);
const require = createRequire(folder);
/** @type {Promise<unknown> | undefined} */
let installing;

/** @param {string} name */
const manifest = (name) => new URL(`node_modules/${name}/package.json`, folder);

/** @param {string} name */
export async function install(name) {
  if (existsSync(manifest(name))) return;
  installing ??= promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, timeout: 60_000 });
  await installing.catch((/** @type {any} */ error) => {
    throw new Error(
      `npm ci in bench/registry failed: ${String(error.stderr || error.message)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
  });
}

/** @param {string} name @returns {string} */
export const installedVersion = (name) => JSON.parse(readFileSync(manifest(name), 'utf8')).version;

/** @param {string} name @returns {any} */
export const load = (name) => require(name);
