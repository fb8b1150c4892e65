import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { IpcObject } from 'gips';
import { badArgument, errorLike, failureOf } from '../support/errors.js';

describe('an IpcObject is not made from', () => {
  test.each([undefined, null, 5, 'fd', true, [0]])('%p', async (source) => {
    expect(await failureOf('throws', () => IpcObject.from(source as never))).toEqual(
      badArgument('ERR_INVALID_ARG_TYPE', 'source', 'of type object'),
    );
  });

  test.each([{}, { fd: '0' }, { fd: null }, { fd: 0n }])('%p', async (source) => {
    expect(await failureOf('throws', () => IpcObject.from(source as never))).toEqual(
      badArgument('ERR_INVALID_ARG_TYPE', 'source.fd', 'of type number'),
    );
  });

  test.each([-1, 1.5, NaN, Infinity, 2 ** 31])('{ fd: %p }', async (fd) => {
    expect(await failureOf('throws', () => IpcObject.from({ fd }))).toEqual(
      badArgument('ERR_OUT_OF_RANGE', 'source.fd', 'an integer from 0'),
    );
  });

  test('a number that is no descriptor, or no longer', async () => {
    const fd = openSync(devNull, 'r');
    closeSync(fd);
    for (const number of [fd, 2 ** 31 - 1]) {
      const failure = errorLike({ name: 'GipsError', code: 'EINVAL', message: String(number) });
      expect(await failureOf('throws', () => IpcObject.from({ fd: number }))).toEqual(failure);
    }
  });
});
