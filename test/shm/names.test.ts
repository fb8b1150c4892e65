import { chmodSync, chownSync, existsSync, mkdirSync, rmdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { Shm } from 'gips';
import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { regionName } from '../support/names.js';
import { start, testAsRoot } from '../support/processes.js';

let name: string;
let file: string;
beforeEach(() => {
  name = regionName();
  file = `/dev/shm/${name}`;
});
afterEach(() => rmSync(file, { force: true }));

/** Something that could be a region, but for what the test makes of it. */
function pretend(): void {
  const shm = Shm.create(name, 100);
  shm.close();
}

test('a region is opened by its name, with or without a slash', () => {
  const shm = keep(Shm.create(name, { size: 10, maxSize: 20 }));
  shm.write('shared');
  for (const [i, other] of [name, `/${name}`].map((each) => keep(Shm.open(each))).entries()) {
    expect(other).toMatchObject({ size: 10, maxSize: 20 });
    expect(other.read(1, 5).toString()).toBe('hared');
    other.write(String(i));
    expect(shm.read(0, 1).toString()).toBe(String(i));
  }
});

test('its name is the one it was given', () => {
  expect(keep(Shm.create(`/${name}`, 1)).name).toBe(`/${name}`);
  expect(keep(Shm.open(name)).name).toBe(name);
  expect(keep(Shm.create(null, 1)).name).toBeNull();
  expect(keep(Shm.from(keep(Shm.open(name)).toObject(), { allowUnsealed: true })).name).toBeNull();
});

test('another process sees what one writes, and the other way round', async () => {
  const shm = keep(Shm.create(name, { size: 10, maxSize: 20 }));
  shm.write('ping');
  const program = start('shm-other', { argument: { name } });
  expect(await program.next('read')).toBe('ping');
  program.tell('write', 'pong');
  await program.next('done');
  expect(shm.read(0, 4).toString()).toBe('pong');
  program.tell('resize', 20);
  await program.next('done');
  expect(shm.size).toBe(10);
  expect(shm.header.capacity).toBe(20);
  shm.remap();
  expect(shm.size).toBe(20);
  expect(shm.read(0, 4).toString()).toBe('pong');
  program.endInput();
  await program.finish();
});

test('it is the file of its owner alone, whatever the umask', () => {
  const umask = process.umask(0o777);
  try {
    keep(Shm.create(name, 1));
  } finally {
    process.umask(umask);
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a name is given once', () => {
  keep(Shm.create(name, 1));
  expect(() => Shm.create(name, 1)).toThrow(errorLike({ name: 'GipsError', code: 'EEXIST', message: name }));
});

test('a name that nobody has given is ENOENT', () => {
  expect(() => Shm.open(name)).toThrow(errorLike({ name: 'GipsError', code: 'ENOENT', message: name }));
});

test('the name stays when the region is closed, until it is removed', () => {
  pretend();
  const shm = keep(Shm.open(name));
  shm.write('still here');
  shm.unlink();
  shm.unlink();
  expect(existsSync(file)).toBe(false);
  expect(() => Shm.open(name)).toThrow(errorLike({ code: 'ENOENT' }));
  expect(shm.read(0, 10).toString()).toBe('still here');
});

test('the name of another region is not removed', () => {
  const first = keep(Shm.create(name, 1));
  first.unlink();
  const second = keep(Shm.create(name, 1));
  first.unlink();
  expect(existsSync(file)).toBe(true);
  second.unlink();
  expect(existsSync(file)).toBe(false);
});

test('a region without a name has none to remove', () => {
  keep(Shm.create(null, 1)).unlink();
});

test('a name may have 30 bytes, and a slash', () => {
  const long = name.padEnd(29, '.').slice(0, 28) + 'ü';
  expect(Buffer.byteLength(long)).toBe(30);
  const shm = keep(Shm.create(`/${long}`, 1));
  expect(existsSync(`/dev/shm/${long}`)).toBe(true);
  shm.unlink();
});

test.each([
  ['', '1 to 30 bytes'],
  ['/', '1 to 30 bytes'],
  ['x'.repeat(31), '1 to 30 bytes'],
  [`/${'x'.repeat(31)}`, '1 to 30 bytes'],
  ['ü'.repeat(16), '1 to 30 bytes'],
  ['a/b', 'slash'],
  ['//a', 'slash'],
  ['a/', 'slash'],
  ['../a', 'slash'],
  ['a\0b', 'NUL'],
  ['.', 'folder'],
  ['/..', 'folder'],
  ['\ud800', 'surrogate'],
])('%p is no name: %s', (bad, reason) => {
  const error = badArgument('ERR_INVALID_ARG_VALUE', 'name', reason);
  expect(() => Shm.create(bad, 1)).toThrow(error);
  expect(() => Shm.open(bad)).toThrow(error);
});

test.each([undefined, 5, {}, Symbol('x')])('%p is no name', (bad) => {
  const error = badArgument('ERR_INVALID_ARG_TYPE', 'name', 'of type string');
  expect(() => Shm.create(bad as never, 1)).toThrow(error);
  expect(() => Shm.open(bad as never)).toThrow(error);
});

describe('not opened is', () => {
  test.each([0o620, 0o602, 0o666])('a file that others may write (%o)', (mode) => {
    pretend();
    chmodSync(file, mode);
    expect(() => Shm.open(name)).toThrow(errorLike({ code: 'EACCES', message: name }));
  });

  testAsRoot('the file of another user', () => {
    pretend();
    chownSync(file, 1, 1);
    expect(() => Shm.open(name)).toThrow(errorLike({ code: 'EACCES' }));
    return Promise.resolve();
  });

  test('a symbolic link', () => {
    pretend();
    const link = regionName();
    symlinkSync(file, `/dev/shm/${link}`);
    try {
      expect(() => Shm.open(link)).toThrow(errorLike({ code: 'EINVAL' }));
    } finally {
      rmSync(`/dev/shm/${link}`);
    }
  });

  test('a folder', () => {
    mkdirSync(file, { mode: 0o700 });
    try {
      expect(() => Shm.open(name)).toThrow(errorLike({ code: 'EINVAL' }));
      expect(() => Shm.create(name, 1)).toThrow(errorLike({ code: 'EEXIST' }));
    } finally {
      rmdirSync(file);
    }
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['of 23 bytes', Buffer.alloc(23, 1)],
    ['full of zeros', Buffer.alloc(100)],
    ['full of something else', Buffer.alloc(5000, 'text')],
  ])('a file that is %s', (_what, content) => {
    writeFileSync(file, content, { mode: 0o600 });
    expect(() => Shm.open(name)).toThrow(errorLike({ code: 'EINVAL', message: name }));
  });
});
