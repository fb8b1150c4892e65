import { execFile, spawnSync } from 'node:child_process';
import { constants, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkMemory } from '#lib/shm/sizes.js';
import { errorLike } from '../support/errors.js';

const program = fileURLToPath(new URL('../programs/shm-full.mjs', import.meta.url));

/** A /dev/shm of its own, which nobody else sees. */
const MOUNT = 'mount -t tmpfs -o size=4m tmpfs /dev/shm';
const canMount = spawnSync('unshare', ['-m', 'sh', '-c', MOUNT]).status === 0;
const testFull: typeof test.skip = canMount ? test : test.skip;
const unless = canMount ? '' : ' (only who may mount a small /dev/shm can show it)';

testFull(`a full /dev/shm is an error of create, not of the first touch${unless}`, async () => {
  const script = `${MOUNT} && exec "$0" "$1"`;
  const { stdout } = await promisify(execFile)('unshare', ['-m', 'sh', '-c', script, process.execPath, program]);
  const said = Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, unknown]),
  );
  expect(said).toMatchObject({ full: { name: 'GipsError', code: 'EAGAIN', errno: -constants.errno.ENOSPC }, created: 3, files: 3 });
});

test('more memory than there is, is an error, before the system kills somebody for it', () => {
  expect(() => checkMemory(totalmem() + 1, 'create a region')).toThrow(
    errorLike({ name: 'GipsError', code: 'EAGAIN', errno: -constants.errno.ENOMEM }),
  );
  checkMemory(1, 'create a region');
});
