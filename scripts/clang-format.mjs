/** Runs clang-format with the given arguments on every C++ file of the repository. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow } from './files.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { getNativeBinary } = createRequire(import.meta.url)('clang-format');

const files = ['addon', 'test'].flatMap((folder) => filesBelow(root, folder, /\.(h|cc)$/).map((file) => `${folder}/${file}`));
const { status } = spawnSync(getNativeBinary(), [...process.argv.slice(2), ...files], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
