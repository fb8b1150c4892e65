import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findAddonViolations } from '../../scripts/layers/addon.mjs';
import { findLibViolations } from '../../scripts/layers/lib.mjs';

const script = fileURLToPath(new URL('../../scripts/check-layers.mjs', import.meta.url));

/** A tree in which each layer knows all it may know. */
const SOUND = {
  'lib/index.ts': `export * from './ipc/index.js';\nexport * from './poll/index.js';\nexport * from './errors.js';`,
  'lib/errors.ts': `import { inspect } from 'node:util';`,
  'lib/native/index.ts': `import { createRequire } from 'node:module';\nimport '../errors.js';\nconst on = process.platform;`,
  'lib/ipc/index.ts': `import { native } from '../native/index.js';\nimport { kSource } from '../poll/source.js';\nimport './names.js';\nimport '../shm/index.js';`,
  'lib/ipc/ipc-object.ts': `import '../shm/shm.js';`,
  'lib/shm/index.ts': `import { native } from '../native/index.js';\nimport '../ipc/ipc-object.js';`,
  'lib/ipc/names.ts': `// process.platform\nconst abstract = process.platform === 'linux';`,
  'lib/poll/index.ts': `import './source.js';\nimport '../validate.js';`,
  'lib/poll/source.ts': ``,
  'lib/rpc/index.ts': `import '../ipc/channel.js';\nimport '../shm/shm.js';\nimport '../validate.js';`,
  'lib/cli/gips.ts': `import '../ipc/names.js';\nawait import('../index.js');\nimport './probes.js';`,
  'lib/cli/probes.ts': `import { native } from '../native/index.js';\nconst on = process.platform;`,
  'addon/core/frame.h': `#include <cstdint>\n#include "core/frame.h"`,
  'addon/platform/posix/descriptor.h': `#include <unistd.h>`,
  'addon/platform/linux/transport.h': `#include <sys/socket.h>\n#include "descriptor.h"\n#include "core/frame.h"\n#ifdef __ANDROID__\n#endif`,
  'addon/platform/windows/transport.h': `#include <windows.h>\n#include "core/frame.h"`,
  'addon/binding/channel.h': `#include <napi.h>\n#include <uv.h>\n#include <vector>\n#include "core/frame.h"\n#include "transport.h"\n#include "binding/channel.h"\n#ifdef GIPS_TEST\n#endif`,
};

let tree: string;
beforeEach(() => (tree = mkdtempSync(join(tmpdir(), 'gips-layers-'))));
afterEach(() => rmSync(tree, { recursive: true }));

/** Lays out the sound tree, with one line put in front of one file. */
function plant(file?: string, line = ''): void {
  const files: Record<string, string> = { ...SOUND };
  if (file !== undefined) files[file] = `${line}\n${files[file] ?? ''}`;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
}

/** Runs the check as `npm run lint` does. */
function check(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

test('this repository passes', () => {
  expect(check()).toMatchObject({ status: 0, stderr: '' });
});

test('a sound tree passes', () => {
  plant();
  expect(check(tree)).toMatchObject({ status: 0, stderr: '' });
});

test('a violation fails the check, which says where it is', () => {
  plant('lib/poll/index.ts', `import '../ipc/index.js';`);
  expect(check(tree)).toMatchObject({ status: 1, stderr: 'lib/poll/index.ts:1: poll must not import "ipc/index.ts"\n' });
});

test.each([
  ['poll imports ipc', 'lib/poll/index.ts', `import '../ipc/index.js';`],
  ['poll re-exports from ipc', 'lib/poll/index.ts', `export * from '../ipc/index.js';`],
  ['poll imports ipc on demand', 'lib/poll/index.ts', `await import('../ipc/index.js');`],
  ['poll takes a type from ipc', 'lib/poll/index.ts', `type A = import('../ipc/index.js').A;`],
  ['ipc imports more of poll than the contract', 'lib/ipc/index.ts', `import '../poll/index.js';`],
  ['shm imports more of ipc than objects', 'lib/shm/index.ts', `import '../ipc/index.js';`],
  ['ipc imports what is built on it', 'lib/ipc/index.ts', `import '../rpc/index.js';`],
  ['typed calls import the addon', 'lib/rpc/index.ts', `import '../native/index.js';`],
  ['poll imports shm', 'lib/poll/index.ts', `import '../shm/index.js';`],
  ['ipc imports the face', 'lib/ipc/index.ts', `import '../index.js';`],
  ['native imports what is built on it', 'lib/native/index.ts', `import '../ipc/names.js';`],
  ['a common file imports an area', 'lib/errors.ts', `import './native/index.js';`],
  ['ipc imports the command line', 'lib/ipc/index.ts', `import '../cli/gips.js';`],
  ['the face imports the command line', 'lib/index.ts', `import './cli/gips.js';`],
  ['the command line imports the inside of ipc', 'lib/cli/gips.ts', `import '../ipc/session.js';`],
  ['the face imports the addon', 'lib/index.ts', `import './native/index.js';`],
  ['lib imports something outside', 'lib/ipc/index.ts', `import '../../test/support/names.js';`],
  ['ipc loads an addon', 'lib/ipc/index.ts', `import load from 'node-gyp-build';`],
  ['poll makes a require for itself', 'lib/poll/index.ts', `import { createRequire } from 'node:module';`],
  ['ipc asks for the platform', 'lib/ipc/index.ts', `if (process.platform === 'linux') {}`],
  ['a file lies outside of every layer', 'lib/stray/index.ts', `import '../errors.js';`],
  ['core includes the platform', 'addon/core/frame.h', `#include "platform/linux/transport.h"`],
  ['core includes the platform by its bare name', 'addon/core/frame.h', `#include "transport.h"`],
  ['core includes the binding', 'addon/core/frame.h', `#include "binding/channel.h"`],
  ['core includes N-API', 'addon/core/frame.h', `#include <napi.h>`],
  ['core includes libuv', 'addon/core/frame.h', `#include <uv.h>`],
  ['core includes an OS header', 'addon/core/frame.h', `# include <sys/socket.h>`],
  ['core asks for the OS', 'addon/core/frame.h', `#if defined(__linux__)\n#endif`],
  ['the platform includes the binding', 'addon/platform/linux/transport.h', `#include "binding/channel.h"`],
  ['the platform includes N-API', 'addon/platform/linux/transport.h', `#include <napi.h>`],
  ['a platform includes another', 'addon/platform/linux/transport.h', `#include "../windows/transport.h"`],
  ['a platform includes another by its folder', 'addon/platform/windows/transport.h', `#include "linux/transport.h"`],
  ['posix includes one platform', 'addon/platform/posix/descriptor.h', `#include "transport.h"`],
  ['the binding names a platform', 'addon/binding/channel.h', `#include "platform/linux/transport.h"`],
  ['the binding includes an OS header', 'addon/binding/channel.h', `#include <sys/epoll.h>`],
  ['the binding asks for the OS', 'addon/binding/channel.h', `#ifdef _WIN32\n#endif`],
  ['a source file lies outside of every layer', 'addon/stray/stray.cc', `#include <vector>`],
])('%s: a violation', (_what, file, line) => {
  plant(file, line);
  const violations = [...findLibViolations(tree), ...findAddonViolations(tree)];
  expect(violations).toEqual([{ file, line: 1, problem: expect.any(String) }]);
});
