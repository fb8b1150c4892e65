import { closeSync, openSync } from 'node:fs';
import { Events, FdSource, Interest, Poller } from 'gips';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { Pipe } from '../support/pipe.js';
import { polledDescriptors, testOnWindows } from '../support/platform.js';
import { makePollable, type Pollable } from '../support/pollable.js';

let poller: Poller;
let events: Events;

beforeEach(() => {
  poller = keep(new Poller());
  events = new Events();
});

function makePipe(): { pipe: Pollable; source: Pollable['source'] } {
  const pipe = makePollable();
  return { pipe, source: pipe.source };
}

describe('registrations', () => {
  test('reregister replaces the interest', () => {
    const { pipe, source } = makePipe();
    const token = poller.register(source, Interest.READABLE);
    pipe.write();
    poller.reregister(source, token, Interest.WRITABLE);
    poller.poll(events, 0);
    expect([...events]).toMatchObject([{ token, isReadable: false, isWritable: true }]);
    poller.reregister(source, token, Interest.READABLE);
    poller.poll(events, 0);
    expect([...events]).toMatchObject([{ token, isReadable: true, isWritable: false }]);
  });

  test('a deregistered source is not reported any more', () => {
    const { pipe, source } = makePipe();
    const token = poller.register(source, Interest.BOTH);
    pipe.write();
    poller.deregister(source, token);
    expect(poller.poll(events, 0)).toBe(0);
  });

  test('tokens count from 1 and are never used again', () => {
    const { source } = makePipe();
    const first = poller.register(source, Interest.READABLE);
    poller.deregister(source, first);
    const second = poller.register(source, Interest.READABLE);
    expect([first, second]).toEqual([1, 2]);
    expect(() => poller.deregister(source, first)).toThrow(errorLike({ code: 'ENOENT' }));
  });

  test('a registration is for one interest, which must be one', () => {
    const { source } = makePipe();
    for (const interest of [0, 4, -1, 1.5, NaN]) {
      expect(() => poller.register(source, interest)).toThrow(errorLike({ code: 'EINVAL' }));
    }
    expect(() => poller.register(source, 'READABLE' as never)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
    const token = poller.register(source, Interest.READABLE);
    expect(() => poller.reregister(source, token, 0)).toThrow(errorLike({ code: 'EINVAL' }));
  });

  test('the same source cannot be registered twice', () => {
    const { source } = makePipe();
    poller.register(source, Interest.READABLE);
    expect(() => poller.register(source, Interest.WRITABLE)).toThrow(errorLike({ code: 'EEXIST' }));
  });

  polledDescriptors.test('the same descriptor cannot be registered twice', () => {
    const pipe = keep(new Pipe());
    poller.register(new FdSource(pipe.fd), Interest.READABLE);
    expect(() => poller.register(new FdSource(pipe.fd), Interest.READABLE)).toThrow(errorLike({ code: 'EEXIST' }));
  });

  test('a source belongs to one poller until it is deregistered or that poller closes', () => {
    const { source } = makePipe();
    const other = keep(new Poller());
    const token = other.register(source, Interest.READABLE);
    expect(() => poller.register(source, Interest.READABLE)).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
    other.deregister(source, token);
    poller.deregister(source, poller.register(source, Interest.READABLE));
    other.register(source, Interest.READABLE);
    other.close();
    poller.register(source, Interest.READABLE);
  });

  test('the token and the source must belong together', () => {
    const [first, second] = [makePipe(), makePipe()];
    const token = poller.register(first.source, Interest.READABLE);
    poller.register(second.source, Interest.READABLE);
    const notFound = errorLike({ code: 'ENOENT' });
    expect(() => poller.deregister(second.source, token)).toThrow(notFound);
    expect(() => poller.reregister(second.source, token, Interest.BOTH)).toThrow(notFound);
    expect(() => poller.deregister(first.source, 99)).toThrow(notFound);
    expect(() => poller.deregister(makePipe().source, token)).toThrow(notFound);
  });

  polledDescriptors.test('a new descriptor with the number of a closed one is not taken for it', () => {
    const old = new Pipe();
    const source = new FdSource(old.fd);
    const token = poller.register(source, Interest.READABLE);
    old.close();
    const reused = keep(new Pipe());
    expect(reused.fd).toBe(old.fd);
    const newToken = poller.register(new FdSource(reused.fd), Interest.READABLE);
    expect(() => poller.deregister(source, token)).toThrow(errorLike({ code: 'ENOENT' }));
    reused.write();
    poller.poll(events, 0);
    expect([...events]).toMatchObject([{ token: newToken }]);
  });
});

testOnWindows('a descriptor cannot be polled on Windows', () => {
  expect(() => poller.register(new FdSource(0), Interest.READABLE)).toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
});

describe('descriptors', () => {
  polledDescriptors.test('a regular file cannot be polled', () => {
    const fd = openSync(process.execPath, 'r');
    expect(() => poller.register(new FdSource(fd), Interest.READABLE)).toThrow(
      errorLike({ code: 'EINVAL', syscall: 'epoll_ctl', message: 'regular files' }),
    );
    closeSync(fd);
  });

  polledDescriptors.test('a number that is no open descriptor is refused, and can be tried again', () => {
    const source = new FdSource(1_000_000);
    for (const attempt of [poller, poller, keep(new Poller())]) {
      expect(() => attempt.register(source, Interest.READABLE)).toThrow(errorLike({ code: 'EINVAL', message: '1000000' }));
    }
  });

  test('what is not a source is refused', () => {
    for (const source of [undefined, null, 3, {}, { fd: 3 }]) {
      expect(() => poller.register(source as never, Interest.READABLE)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
    }
    expect(() => new FdSource('3' as never)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
    for (const fd of [-1, 1.5, NaN, 2 ** 31]) expect(() => new FdSource(fd)).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
  });
});
