/** What binding.gyp says of its targets, as far as it holds for Windows and a build with tests. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(import.meta.url);

const VARIABLES = { OS: 'win', gips_test: 1, gips_sanitize: 0 };

/** @typedef {{ name: string, sources: string[], includes: string[], defines: string[], libraries: string[] }} Target */

/**
 * Those of the given names.
 * @param {string[]} names
 * @returns {Target[]}
 */
export function readTargets(names) {
  // It is a literal that JavaScript understands as well, but for its comments.
  const gyp = /** @type {any} */ (new Function(`return (${readFileSync(join(root, 'binding.gyp'), 'utf8').replace(/^\s*#.*$/gm, '')})`)());
  const targets = applying(gyp).flatMap((part) => part.targets ?? []);
  return names.map((name) => {
    const target = targets.find((each) => each.target_name === name);
    if (target === undefined) throw new Error(`binding.gyp has no target ${name}`);
    const parts = [...applying(gyp.target_defaults), ...applying(target)];
    const collect = (/** @type {string} */ key) => parts.flatMap((part) => part[key] ?? []);
    return {
      name,
      sources: collect('sources'),
      includes: collect('include_dirs').map((path) => (path.startsWith('<') ? require('node-addon-api').include_dir : join(root, path))),
      defines: [...collect('defines'), 'BUILDING_NODE_EXTENSION'],
      libraries: collect('libraries').map((library) => library.replace(/\.lib$/, '')),
    };
  });
}

/**
 * A part of the file with what its conditions add to it.
 * @param {any} part
 * @returns {any[]}
 */
function applying(part) {
  /** @type {[string, unknown][]} */
  const conditions = part.conditions ?? [];
  const added = conditions.filter(([condition]) => holds(condition)).flatMap(([, then]) => applying(then));
  return [part, ...added];
}

/** @param {string} condition as Python understands it */
function holds(condition) {
  const expression = condition.replaceAll(' and ', ' && ').replaceAll(' or ', ' || ');
  return Boolean(new Function(...Object.keys(VARIABLES), `return (${expression})`)(...Object.values(VARIABLES)));
}
