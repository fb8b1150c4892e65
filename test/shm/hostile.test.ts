import { execFileSync } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import { IpcObject, Shm } from 'gips';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { HUGE_PAGES, ALLOW_SEALING, Memfd, regionHeader, Seal } from '../support/memfd.js';
import { regionName, socketPath } from '../support/names.js';
import { Pipe } from '../support/pipe.js';

const PAGE = 4096;

function objectOf(path: string, flags: string | number): IpcObject {
  const fd = openSync(path, flags);
  const object = keep(IpcObject.from({ fd }));
  closeSync(fd);
  return object;
}

/** It is refused with or without trust, and the object is as it was. */
function expectRefused(object: IpcObject, message = ''): void {
  keep(object);
  for (const allowUnsealed of [false, true]) {
    expect(() => Shm.from(object, { allowUnsealed })).toThrow(errorLike({ name: 'GipsError', code: 'EINVAL', message }));
  }
  expect(object.fd).toBeGreaterThan(2);
}

describe('not taken for a region is', () => {
  test('a folder', () => expectRefused(objectOf('/tmp', 'r')));
  test('a folder in memory', () => expectRefused(objectOf('/dev/shm', 'r')));
  test('/dev/zero', () => expectRefused(objectOf('/dev/zero', 'r+')));
  test('/dev/null', () => expectRefused(objectOf('/dev/null', 'r+')));
  test('a pipe', () => expectRefused(IpcObject.from({ fd: keep(new Pipe()).fd })));

  test('a pipe in memory', () => {
    const path = `/dev/shm/${regionName()}`;
    execFileSync('mkfifo', ['-m', '600', path]);
    const object = objectOf(path, constants.O_RDWR | constants.O_NONBLOCK);
    rmSync(path);
    expectRefused(object);
  });

  test('a socket', async () => {
    const server = keep(net.createServer()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    expectRefused(IpcObject.from(server));
  });

  test('a file on a disk, though it look like one', () => {
    const file = socketPath('file');
    const fd = openSync(file, 'w+');
    rmSync(file);
    writeSync(fd, regionHeader(100n, 100n));
    ftruncateSync(fd, 124);
    expectRefused(IpcObject.from({ fd }));
    closeSync(fd);
  });

  test('a descriptor that stands for a path alone', () => {
    const name = regionName();
    const shm = keep(Shm.create(name, 10));
    const O_PATH = 0o10000000;
    expectRefused(objectOf(`/dev/shm/${name}`, O_PATH | constants.O_RDONLY));
    shm.unlink();
  });

  test.each([
    ['empty', 0, Buffer.alloc(0)],
    ['smaller than a header', 23, Buffer.alloc(23, 1)],
    ['of zeros', 1000, Buffer.alloc(0)],
    ['that claims more than the file has', PAGE, regionHeader(100n, BigInt(PAGE) + 1n)],
    ['that claims everything there is', PAGE, regionHeader(2n ** 64n - 1n, 2n ** 64n - 1n)],
    ['whose capacity overflows', PAGE, regionHeader(2n ** 64n - 24n, 100n)],
    ['whose capacity is more than its total', PAGE, regionHeader(101n, 100n)],
    ['whose bytes go beyond its last page', PAGE, regionHeader(BigInt(PAGE) - 23n, BigInt(PAGE))],
    ['whose capacity is 0', PAGE, regionHeader(0n, 100n)],
    ['with a barrier', PAGE, regionHeader(100n, 100n, 1)],
  ])('a sealed file %s', async (_what, size, header) => {
    const file = await Memfd.create(size, header);
    expectRefused(file.open());
  });

  test('one that cannot be written', async () => {
    const file = await Memfd.create(PAGE, regionHeader(100n, 100n));
    expectRefused(file.open('r'), 'cannot be written');
  });

  test.each([
    ['WRITE', Seal.WRITE],
    ['FUTURE_WRITE', Seal.FUTURE_WRITE],
  ])('one that is sealed against writing (%s)', async (_name, seal) => {
    const file = await Memfd.create(PAGE, regionHeader(100n, 100n), Seal.SHRINK | seal);
    expectRefused(file.open(), 'cannot be written');
  });

  test('one of huge pages', async () => {
    const create = Memfd.create(2 * 1024 * 1024, Buffer.alloc(0), Seal.SHRINK, ALLOW_SEALING | HUGE_PAGES);
    const file = await create.catch((error: unknown) => error as Error);
    if (file instanceof Error) console.warn(`not shown for huge pages: this system has none (${file.message})`);
    else expectRefused(file.open(), 'no file in memory');
  });
});

describe('a region that its sender can make smaller', () => {
  test.each([
    ['has no seals', 0, ALLOW_SEALING],
    ['has other seals', Seal.GROW, ALLOW_SEALING],
    ['cannot be sealed', 0, 0],
  ])('is refused (it %s), unless the sender is trusted', async (_why, seals, flags) => {
    const file = await Memfd.create(PAGE, regionHeader(100n, 200n), seals, flags);
    const object = keep(file.open());
    expect(() => Shm.from(object)).toThrow(errorLike({ name: 'GipsError', code: 'EINVAL', message: 'allowUnsealed' }));
    expect(() => object.toShm()).toThrow(errorLike({ code: 'EINVAL' }));
    const shm = keep(Shm.from(object, { allowUnsealed: true }));
    expect(shm).toMatchObject({ size: 100, maxSize: 200 });
  });

  test('has a name here', () => {
    const shm = keep(Shm.create(regionName(), 100));
    shm.unlink();
    expect(() => shm.toObject().toShm()).toThrow(errorLike({ code: 'EINVAL', message: 'allowUnsealed' }));
    expect(keep(Shm.from(shm.toObject(), { allowUnsealed: true })).size).toBe(100);
  });
});

test('a sealed region is not made smaller while we read it', async () => {
  const file = await Memfd.create(100 * PAGE, regionHeader(50n * BigInt(PAGE), 99n * BigInt(PAGE)));
  const shm = keep(file.open().toShm());
  expect(await file.truncate(0)).toBe('EPERM');
  expect(await file.truncate(100 * PAGE - 1)).toBe('EPERM');
  expect(shm.read().every((byte) => byte === 0)).toBe(true);
});

test('our own regions can be made neither smaller nor larger by anybody', () => {
  const shm = keep(Shm.create(null, 1000));
  const object = keep(shm.toObject());
  for (const size of [0, 1023, 1025, 10_000]) expect(() => ftruncateSync(object.fd, size)).toThrow(errorLike({ code: 'EPERM' }));
  expect(shm.bytes.length).toBe(1000);
});

test('what changes in the header after the check changes nothing here', async () => {
  const file = await Memfd.create(PAGE, regionHeader(100n, 200n));
  const shm = keep(file.open().toShm());
  await file.write(0, regionHeader(2n ** 63n, 2n ** 63n));
  expect(shm).toMatchObject({ size: 100, maxSize: 200, header: { capacity: 2 ** 63, total: 2 ** 63 } });
  expect(shm.write('x'.repeat(300))).toBe(100);
  expect(shm.bytes.length).toBe(100);
  expect(() => shm.remap()).toThrow(errorLike({ code: 'EINVAL' }));
  await file.write(0, regionHeader(150n, 10n));
  shm.remap();
  expect(shm).toMatchObject({ size: 150, maxSize: 200 });
});

describe('a region of the Rust crate', () => {
  test('counts its header into the total, and may be used up to the end of its last page', async () => {
    const file = await Memfd.create(1000, regionHeader(976n, 1000n), 0);
    const shm = keep(Shm.from(file.open(), { allowUnsealed: true }));
    expect(shm).toMatchObject({ size: 976, maxSize: 1000, header: { capacity: 976, total: 1000, isValid: true } });
    shm.bytes[975] = 1;
    expect(shm.resize(1000)).toBe(1000);
    shm.bytes[999] = 1;
  });

  test('of whole pages ends with its last page', async () => {
    const file = await Memfd.create(2 * PAGE, regionHeader(10n, 2n * BigInt(PAGE)), 0);
    const shm = keep(Shm.from(file.open(), { allowUnsealed: true }));
    expect(shm.maxSize).toBe(2 * PAGE - 24);
    shm.resize(2 * PAGE - 24);
    shm.bytes[2 * PAGE - 25] = 1;
  });
});
