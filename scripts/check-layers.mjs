/**
 * Fails when a layer knows what it must not know. Usage: `node scripts/check-layers.mjs [directory]`, by default this repository.
 *
 * Each violation is one line on standard error, `file:line: what is wrong`; the exit code is 1 if there is any.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findAddonViolations } from './layers/addon.mjs';
import { findLibViolations } from './layers/lib.mjs';

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
const violations = [...findLibViolations(root), ...findAddonViolations(root)];

for (const { file, line, problem } of violations) console.error(`${file}:${line}: ${problem}`);
if (violations.length > 0) process.exitCode = 1;
