import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A place where a layer knows what it must not know. @typedef {{ file: string, line: number, problem: string }} Violation */

/**
 * The files below `root/folder` whose names match, as paths relative to `root/folder` with forward slashes.
 * @param {string} root
 * @param {string} folder
 * @param {RegExp} name
 * @returns {string[]}
 */
export function filesBelow(root, folder, name) {
  const top = join(root, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => relative(top, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
