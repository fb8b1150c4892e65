import fc from 'fast-check';
import { Shm } from 'gips';
import { badArgument } from '../support/errors.js';
import { keep } from '../support/keep.js';

const GIBIBYTE = 2 ** 30;

describe.each([1, 4095, 4096, 4097, 65_536, GIBIBYTE])('a region of %d bytes', (size) => {
  let shm: Shm;
  beforeEach(() => (shm = keep(Shm.create(null, size))));

  test('is usable to its last byte and no further', () => {
    expect(shm).toMatchObject({ size, maxSize: size, name: null });
    expect(shm.bytes.byteLength).toBe(size);
    expect(shm.bytes[size - 1]).toBe(0);
    shm.bytes[size - 1] = 7;
    shm.bytes[size] = 8;
    expect(shm.bytes[size]).toBeUndefined();
    expect([...shm.read(size - 1)]).toEqual([7]);
    expect(shm.write('z', size - 1)).toBe(1);
    expect(shm.bytes[size - 1]).toBe('z'.charCodeAt(0));
  });

  test('is read short at its end, and empty beyond', () => {
    expect(shm.read().length).toBe(size);
    expect(shm.read(size - 1, 100).length).toBe(1);
    for (const offset of [size, size + 1, Number.MAX_SAFE_INTEGER]) expect(shm.read(offset).length).toBe(0);
    expect(shm.read(0, 0).length).toBe(0);
    expect(shm.read(0, Number.MAX_SAFE_INTEGER).length).toBe(size);
  });

  test('is written short at its end, and not beyond', () => {
    expect(shm.write('four', size - 1)).toBe(1);
    expect(shm.read(size - 1).toString()).toBe('f');
    for (const offset of [size, size + 1, Number.MAX_SAFE_INTEGER]) expect(shm.write('x', offset)).toBe(0);
    expect(shm.write('')).toBe(0);
  });

  test('tells others its size', () => {
    expect(shm.header).toEqual({ capacity: size, total: size, extension: 0, isValid: true });
  });
});

test('it begins with zeros', () => {
  const shm = keep(Shm.create(null, 10_000));
  expect(shm.read().equals(Buffer.alloc(10_000))).toBe(true);
});

test('everything looks at the same memory', () => {
  const shm = keep(Shm.create(null, 64));
  const { bytes } = shm;
  const numbers = shm.view(Int32Array, 8, 2);
  const part = shm.read(8, 8);
  numbers[0] = 0x01020304;
  expect(bytes[8]).toBe(4);
  expect(part.toString('hex')).toBe('0403020100000000');
  part[4] = 9;
  expect(Atomics.load(numbers, 1)).toBe(9);
  shm.write(new Uint8Array([5]), 8);
  expect(numbers[0]).toBe(0x01020305);
  expect(shm.bytes).toBe(bytes);
});

test.each([
  ['a string', 'grün', 'grün'],
  ['an ArrayBuffer', Uint8Array.from([97, 98]).buffer, 'ab'],
  ['a view of a part of one', Buffer.from('xaby').subarray(1, 3), 'ab'],
  ['wider numbers', Uint16Array.from([0x6261]), 'ab'],
  ['a DataView', new DataView(Uint8Array.from([97, 98]).buffer), 'ab'],
  ['a string longer than any buffer for short ones', 'y'.repeat(100_000), 'y'.repeat(100_000)],
  ['memory shared between threads', Buffer.from(new SharedArrayBuffer(2)).fill('q'), 'qq'],
])('%s can be written', (_what, data, expected) => {
  const shm = keep(Shm.create(null, 200_000));
  expect(shm.write(data, 3)).toBe(Buffer.byteLength(expected));
  expect(shm.read(3, Buffer.byteLength(expected)).toString()).toBe(expected);
});

test('a string that does not fit is cut, be it within a character', () => {
  const shm = keep(Shm.create(null, 3));
  expect(shm.write('aäö')).toBe(3);
  expect(shm.read().toString('latin1')).toBe(Buffer.from('aä').toString('latin1'));
});

test.each([
  ['forwards', 0, 1],
  ['backwards', 1, 0],
  ['onto itself', 5, 5],
])('its own bytes can be written %s, though they overlap', (_direction, from, to) => {
  const shm = keep(Shm.create(null, 1000));
  const model = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
  shm.write(model);
  shm.write(shm.read(from, 900), to);
  model.copy(model, to, from, from + 900);
  expect(shm.read().equals(model)).toBe(true);
});

test('reads and writes are those of a plain buffer', () => {
  const SIZE = 5000;
  const shm = keep(Shm.create(null, { size: 10, maxSize: SIZE }));
  const model = Buffer.alloc(SIZE);
  let size = 10;
  const offset = fc.oneof(fc.nat(SIZE + 10), fc.constantFrom(0, 4071, 4072, 4095, 4096, SIZE - 1, SIZE));
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), offset, data: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({ kind: fc.constant('read' as const), offset, length: fc.nat(SIZE) }),
    fc.record({ kind: fc.constant('move' as const), offset, length: fc.nat(SIZE), to: offset }),
    fc.record({ kind: fc.constant('resize' as const), size: fc.integer({ min: 1, max: SIZE }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      for (const each of steps) {
        const usable = model.subarray(0, size);
        if (each.kind === 'write') {
          expect(shm.write(each.data, each.offset)).toBe(each.offset >= size ? 0 : Math.min(each.data.length, size - each.offset));
          if (each.offset < size) usable.set(each.data.subarray(0, size - each.offset), each.offset);
        } else if (each.kind === 'read') {
          const expected = usable.subarray(each.offset, each.offset + each.length);
          expect(shm.read(each.offset, each.length).equals(expected)).toBe(true);
        } else if (each.kind === 'move') {
          shm.write(shm.read(each.offset, each.length), each.to);
          usable.copyWithin(each.to, each.offset, each.offset + each.length);
        } else {
          expect(shm.resize(each.size)).toBe(each.size);
          ({ size } = each);
        }
        expect(shm.read().equals(model.subarray(0, size))).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

describe('typed views', () => {
  let shm: Shm;
  beforeEach(() => (shm = keep(Shm.create(null, 103))));

  test('have as many elements as there are whole ones', () => {
    expect(shm.view(Uint8Array).length).toBe(103);
    expect(shm.view(Int32Array).length).toBe(25);
    expect(shm.view(BigInt64Array, 8).length).toBe(11);
    expect(shm.view(Float64Array, 96).length).toBe(0);
    expect(shm.view(Uint8Array, 103).length).toBe(0);
    expect(shm.view(Int16Array, 100, 1).length).toBe(1);
  });

  test.each([
    ['byteOffset', 'an integer from 0 to 103', () => shm.view(Uint8Array, 104)],
    ['byteOffset', 'an integer from 0', () => shm.view(Uint8Array, -1)],
    ['byteOffset', 'a multiple of 4', () => shm.view(Int32Array, 2)],
    ['length', 'an integer from 0 to 24', () => shm.view(Int32Array, 4, 25)],
    ['length', 'an integer from 0', () => shm.view(Int32Array, 0, 0.5)],
  ])('out of range: %s must be %s', (name, expected, call) => {
    expect(call).toThrow(badArgument('ERR_OUT_OF_RANGE', name, expected));
  });

  test('are of a class for views', () => {
    expect(() => shm.view('Int32Array' as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'type', 'of type function'));
    expect(() => shm.view(Date as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'type.BYTES_PER_ELEMENT', 'of type number'));
  });
});
