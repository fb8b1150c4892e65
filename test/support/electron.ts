/** A copy of the library that runs as if in Electron, which forbids buffers over foreign memory (napi_no_external_buffers_allowed). */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The addon's call for such a buffer, and a function of test/programs/faults.cc, which must be preloaded, with a name just as long. */
const CALL = 'napi_create_external_arraybuffer\0';
const REFUSAL = 'gips_create_external_arraybuffer\0';

/** Makes the copy. The caller removes the folder. */
export function copyForElectron(): { folder: string; index: string } {
  const folder = mkdtempSync(join(tmpdir(), 'gips-electron-'));
  for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const addon = readFileSync(join(root, 'build/Release/gips.node'));
  const position = addon.indexOf(CALL);
  if (position < 0) throw new Error('the addon makes no such buffers');
  addon.write(REFUSAL, position, 'latin1');
  mkdirSync(join(folder, 'build/Release'), { recursive: true });
  writeFileSync(join(folder, 'build/Release/gips.node'), addon);
  return { folder, index: join(folder, 'dist/index.js') };
}
