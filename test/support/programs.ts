/** The programs that are built for tests beside the addon. */
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../build/', import.meta.url);

/** The file of a program by its name in binding.gyp; those of test/programs/windows have names like these. */
export function builtProgram(name: string): string {
  const isWindows = process.platform === 'win32';
  return fileURLToPath(new URL(isWindows ? `windows/${name.replace('_', '-')}.exe` : `Release/${name}`, FOLDER));
}
