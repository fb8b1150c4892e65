import { closeSync, openSync, writeSync } from 'node:fs';
import { Listener, Shm } from 'gips';
import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { start } from '../support/processes.js';

let shm: Shm;
beforeEach(() => (shm = keep(Shm.create(null, { size: 100, maxSize: 10_000 }))));

/** Writes where no process should: into the header. */
function writeHeader(bytes: Uint8Array, position: number): void {
  const object = shm.toObject();
  const fd = openSync(`/proc/self/fd/${object.fd}`, 'r+');
  writeSync(fd, bytes, 0, bytes.length, position);
  closeSync(fd);
  object.close();
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

test('more of the reserved memory becomes usable, and what was there stays', () => {
  shm.write('kept', 96);
  expect(shm.write('lost', 100)).toBe(0);
  expect(shm.resize(10_000)).toBe(10_000);
  expect(shm).toMatchObject({ size: 10_000, maxSize: 10_000, header: { capacity: 10_000, total: 10_000 } });
  expect(shm.read(96, 6).toString('latin1')).toBe('kept\0\0');
  expect(shm.write('end', 9_998)).toBe(2);
});

test('it shrinks, and what was there comes back with its size', () => {
  shm.write('kept', 90);
  expect(shm.resize(92)).toBe(92);
  expect(shm.read(90).toString()).toBe('ke');
  expect(shm.bytes.length).toBe(92);
  shm.resize(100);
  expect(shm.read(90, 4).toString()).toBe('kept');
});

test.each([0, -1, 10_001, 1.5, NaN, Infinity])('it cannot have %p bytes', (size) => {
  expect(() => shm.resize(size)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'size', 'an integer from 1 to 10000'));
  expect(shm.size).toBe(100);
});

test.each(['100', null, undefined, 5n])('%p is no size', (size) => {
  expect(() => shm.resize(size as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'size', 'of type number'));
});

test.each<[string, () => void]>([
  ['resize', () => shm.resize(50)],
  ['a resize to the same size', () => shm.resize(100)],
  ['remap', () => shm.remap()],
])('after %s, views made before have no bytes', (_what, change) => {
  const before = [shm.bytes, shm.read(5, 5), shm.view(Int32Array)];
  change();
  for (const view of before) expect(view.length).toBe(0);
  expect(shm.bytes.length).toBe(shm.size);
});

test('another process sees it after remap', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const program = start('shm-other', { argument: { service: listener.name } });
  const connection = await firstClient(listener);
  shm.write('data');
  await connection.send('', { objects: [shm] });
  expect(await program.next('read')).toBe('data');
  shm.resize(5000);
  shm.write('far away', 4990);
  program.tell('size');
  expect(await program.next('done')).toBe(100);
  program.tell('remap');
  await program.next('done');
  program.tell('read', [4990, 8]);
  expect(await program.next('done')).toBe('far away');
  program.tell('resize', 77);
  expect(await program.next('done')).toBe(77);
  shm.remap();
  expect(shm.size).toBe(77);
  program.endInput();
  await program.finish();
});

describe('what a peer writes into the header', () => {
  test.each([
    ['a capacity beyond what is there', u64(10_001n), 0],
    ['a capacity of nothing', u64(0n), 0],
    ['the largest capacity', u64(2n ** 64n - 1n), 0],
    ['a capacity that overflows', u64(2n ** 64n - 24n), 0],
    ['a barrier', Buffer.of(1), 17],
  ])('is not believed: %s', (_what, bytes, position) => {
    shm.write('kept');
    const { bytes: before } = shm;
    writeHeader(bytes, position);
    expect(() => shm.remap()).toThrow(errorLike({ name: 'GipsError', code: 'EINVAL' }));
    expect(shm).toMatchObject({ size: 100, maxSize: 10_000 });
    expect(shm.bytes).toBe(before);
    expect(shm.read(0, 4).toString()).toBe('kept');
    expect(shm.resize(10_000)).toBe(10_000);
  });

  test('as total changes nothing', () => {
    writeHeader(u64(2n ** 64n - 1n), 8);
    shm.remap();
    expect(shm.maxSize).toBe(10_000);
    expect(() => shm.resize(10_001)).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
  });

  test('is told by the header', () => {
    writeHeader(Buffer.of(7, 1), 16);
    expect(shm.header).toEqual({ capacity: 100, total: 10_000, extension: 7, isValid: false });
  });
});

describe('a region is not created of', () => {
  test.each([0, -1, 1.5, NaN, Infinity, 2 ** 53])('%p bytes', (size) => {
    expect(() => Shm.create(null, size)).toThrow(badArgument('ERR_OUT_OF_RANGE', 'size', 'an integer from 1'));
    expect(() => Shm.create(null, { size, maxSize: 1000 })).toThrow(badArgument('ERR_OUT_OF_RANGE', 'size.size', 'an integer from 1'));
    expect(() => Shm.create(null, { size: 1, maxSize: size })).toThrow(
      badArgument('ERR_OUT_OF_RANGE', 'size.maxSize', 'an integer from 1'),
    );
  });

  test.each([undefined, null, '5', 5n])('%p bytes', (size) => {
    expect(() => Shm.create(null, size as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'size', 'of type number'));
  });

  test('more bytes than it may have', () => {
    expect(() => Shm.create(null, { size: 10, maxSize: 9 })).toThrow(badArgument('ERR_OUT_OF_RANGE', 'size.maxSize', 'an integer from 10'));
  });
});
