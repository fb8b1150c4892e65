import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { descriptorOf, descriptorsOf, IpcObject } from '#lib/ipc/ipc-object.js';
import { testOnPosix } from '../support/accounts.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';

const subject = { what: 'Endpoint "a.service"', address: 'a.service' };

const closed = errorLike({ code: 'ERR_GIPS_CLOSED' });

const FILE = fileURLToPath(import.meta.url);
const OTHER = fileURLToPath(new URL('ipc-object-sockets.test.ts', import.meta.url));

/** Which of the two files a descriptor is of. */
function fileBehind(fd: number): string | undefined {
  return [FILE, OTHER].find((path) => statSync(path).ino === fstatSync(fd).ino);
}

function fromFile(path = FILE): IpcObject {
  const fd = openSync(path, 'r');
  try {
    return keep(IpcObject.from({ fd }));
  } finally {
    closeSync(fd);
  }
}

describe('from a descriptor', () => {
  testOnPosix('it has a number of its own for the same file, which child processes do not inherit', () => {
    const fd = openSync(FILE, 'r');
    const object = keep(IpcObject.from({ fd }));
    expect(object.fd).not.toBe(fd);
    closeSync(fd);
    expect(object.kind).toBe('fd');
    expect(fileBehind(object.fd)).toBe(FILE);
    const O_CLOEXEC = 0o2000000;
    const flags = /flags:\t(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${object.fd}`, 'utf8'))?.[1] ?? '';
    expect(parseInt(flags, 8) & O_CLOEXEC).toBe(O_CLOEXEC);
  });

  test('of a FileHandle, the handle stays open', async () => {
    const handle = await open(OTHER);
    const object = keep(IpcObject.from(handle));
    expect(fileBehind(object.fd)).toBe(OTHER);
    expect((await handle.read({ length: 1 })).bytesRead).toBe(1);
    await handle.close();
  });

  test('of another object, both are open', () => {
    const object = fromFile();
    const copy = keep(IpcObject.from(object));
    object.close();
    expect(fileBehind(copy.fd)).toBe(FILE);
  });

  test('that is not open it is EINVAL', () => {
    const fd = openSync(FILE, 'r');
    closeSync(fd);
    const error = {
      name: 'GipsError',
      code: 'EINVAL',
      syscall: 'fcntl',
      message: `duplicate descriptor ${fd}: bad file descriptor`,
    };
    expect(() => IpcObject.from({ fd })).toThrow(errorLike(error));
  });

  testOnPosix('when there are too many it is EAGAIN', () => {
    const module = new URL('../../dist/ipc/ipc-object.js', import.meta.url).href;
    const script = `
      import { openSync } from 'node:fs';
      import { IpcObject } from '${module}';
      try { for (;;) openSync('/dev/null'); } catch {}
      try { IpcObject.from({ fd: 0 }); } catch ({ code, errno, syscall }) { console.log(code, errno, syscall); }`;
    const printed = execFileSync('sh', ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, script], {
      encoding: 'utf8',
    });
    expect(printed).toBe('EAGAIN -24 fcntl\n');
  });

  test.each([-1, NaN, 1.5, Infinity, 2 ** 31])('there is no number %p', (fd) => {
    expect(() => IpcObject.from({ fd })).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE', message: '"source.fd"' }));
  });

  test.each([{ fd: '1' }, { fd: null }, {}, 1, 'file', null, undefined, [1]])('the source is not %p', (source) => {
    expect(() => IpcObject.from(source as { fd: number })).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });
});

describe('an object', () => {
  test('cannot become shared memory that it is not', () => {
    expect(() => fromFile().toShm()).toThrow(errorLike({ code: 'EINVAL' }));
  });

  test('is closed once, however often it is told', () => {
    const object = fromFile();
    const { fd } = object;
    object.close();
    const others = [openSync(OTHER, 'r')];
    while (!others.includes(fd)) others.push(openSync(OTHER, 'r'));
    object.close();
    object[Symbol.dispose]();
    expect(fileBehind(fd)).toBe(OTHER);
    others.forEach(closeSync);
  });

  test('gives its descriptor away', () => {
    const object = fromFile();
    const fd = object.takeFd();
    object.close();
    expect(fileBehind(fd)).toBe(FILE);
    closeSync(fd);
  });

  test.each<[string, (object: IpcObject) => unknown]>([
    ['fd', (object) => object.fd],
    ['takeFd', (object) => object.takeFd()],
    ['toSocket', (object) => object.toSocket()],
    ['toServer', (object) => object.toServer()],
    ['from', (object) => IpcObject.from(object)],
    ['sending', (object) => descriptorsOf([object], subject)],
    ['descriptorOf', (object) => descriptorOf(object)],
  ])('that is closed or taken is of no use for %s', (_, use) => {
    const shut = fromFile();
    shut.close();
    expect(() => use(shut)).toThrow(closed);
    const taken = fromFile();
    closeSync(taken.takeFd());
    expect(() => use(taken)).toThrow(closed);
  });
});

describe('the objects of a message', () => {
  function* repeat(object: IpcObject, times: number): Generator<IpcObject> {
    for (let i = 0; i < times; i++) yield object;
  }

  test('may come from any iterable, and stay open', () => {
    const objects = [fromFile(), fromFile()];
    const descriptors = objects.map(descriptorOf);
    expect(descriptorsOf(objects, subject)).toEqual(descriptors);
    expect(descriptorsOf(new Set(objects), subject)).toEqual(descriptors);
    expect(descriptorsOf(objects.values(), subject)).toEqual(descriptors);
    expect(descriptorsOf([], subject)).toEqual([]);
  });

  test.each([null, 5, 'fd', {}])('are an iterable, not %p', (objects) => {
    expect(() => descriptorsOf(objects, subject)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });

  test('are IpcObjects', () => {
    expect(() => descriptorsOf([fromFile(), { fd: 0 }], subject)).toThrow('"options.objects[1]" property must be an instance of IpcObject');
  });

  test('are at most 253, and no more of them are looked at', () => {
    expect(descriptorsOf(repeat(fromFile(), 253), subject)).toHaveLength(253);
    expect(() => descriptorsOf(repeat(fromFile(), Infinity), subject)).toThrow(errorLike({ code: 'EMSGSIZE', address: subject.address }));
  });
});
