import { closeSync, openSync } from 'node:fs';
import { Events, FdSource, Interest, Poller, Token } from 'gips';
import { errorLike } from '../support/errors.js';
import { Pipe } from '../support/pipe.js';

let poller: Poller;
let events: Events;
let pipes: Pipe[];

beforeEach(() => {
  poller = new Poller();
  events = new Events();
  pipes = [];
});
afterEach(() => {
  poller.close();
  for (const pipe of pipes) pipe.close();
});

function makePipe(): { pipe: Pipe; source: FdSource } {
  const pipe = new Pipe();
  pipes.push(pipe);
  return { pipe, source: new FdSource(pipe.fd) };
}

function tokens(): Token[] {
  return [...events].map((event) => event.token);
}

describe('readiness', () => {
  test('a source is reported when it can be read, with its token', () => {
    const { pipe, source } = makePipe();
    const token = poller.register(source, Interest.READABLE);
    expect(poller.poll(events, 0)).toBe(0);
    pipe.write();
    expect(poller.poll(events, 0)).toBe(1);
    expect([...events]).toEqual([{ token, interest: Interest.READABLE, isReadable: true, isWritable: false, fromWaker: false }]);
  });

  test('it is reported again until it has been drained', () => {
    const { pipe, source } = makePipe();
    poller.register(source, Interest.READABLE);
    pipe.write();
    expect([poller.poll(events, 0), poller.poll(events, 0)]).toEqual([1, 1]);
    pipe.drain();
    expect(poller.poll(events, 0)).toBe(0);
  });

  test('a source is reported when it can be written', () => {
    const { pipe, source } = makePipe();
    const token = poller.register(source, Interest.WRITABLE);
    poller.poll(events, 0);
    expect([...events]).toEqual([{ token, interest: Interest.WRITABLE, isReadable: false, isWritable: true, fromWaker: false }]);
    pipe.fill();
    expect(poller.poll(events, 0)).toBe(0);
  });

  test('one event tells of both directions', () => {
    const { pipe, source } = makePipe();
    const token = poller.register(source, Interest.BOTH);
    pipe.write();
    poller.poll(events, 0);
    expect([...events]).toEqual([{ token, interest: Interest.BOTH, isReadable: true, isWritable: true, fromWaker: false }]);
  });

  test('several ready sources come in one poll', () => {
    const [first, second, third] = [makePipe(), makePipe(), makePipe()];
    const [a, , c] = [first, second, third].map(({ source }) => poller.register(source, Interest.READABLE));
    first.pipe.write();
    third.pipe.write();
    expect(poller.poll(events)).toBe(2);
    expect(tokens()).toEqual([a, c]);
  });
});

describe('time', () => {
  test.each([1, 50, 250])('with nothing ready, poll returns after %i ms and not before', (timeout) => {
    const start = performance.now();
    expect(poller.poll(events, timeout)).toBe(0);
    expect(performance.now() - start).toBeGreaterThanOrEqual(timeout);
  });

  test('a timeout of 0 looks and returns', () => {
    expect(poller.poll(events, 0)).toBe(0);
  });

  test('what is ready ends the wait, however long it might have been', () => {
    const { pipe, source } = makePipe();
    poller.register(source, Interest.READABLE);
    pipe.write();
    expect(poller.poll(events)).toBe(1);
    expect(poller.poll(events, Infinity)).toBe(1);
  });

  test.each([-1, NaN, 2 ** 31, -Infinity])('a timeout of %p is out of range', (timeout) => {
    expect(() => poller.poll(events, timeout)).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
  });
});

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

  test('the same source or descriptor cannot be registered twice', () => {
    const { pipe, source } = makePipe();
    poller.register(source, Interest.READABLE);
    expect(() => poller.register(source, Interest.WRITABLE)).toThrow(errorLike({ code: 'EEXIST' }));
    expect(() => poller.register(new FdSource(pipe.fd), Interest.READABLE)).toThrow(errorLike({ code: 'EEXIST' }));
  });

  test('a source belongs to one poller until it is deregistered or that poller closes', () => {
    const { source } = makePipe();
    const other = new Poller();
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

  test('a new descriptor with the number of a closed one is not taken for it', () => {
    const old = new Pipe();
    const source = new FdSource(old.fd);
    const token = poller.register(source, Interest.READABLE);
    old.close();
    const reused = makePipe();
    expect(reused.pipe.fd).toBe(old.fd);
    const newToken = poller.register(reused.source, Interest.READABLE);
    expect(() => poller.deregister(source, token)).toThrow(errorLike({ code: 'ENOENT' }));
    reused.pipe.write();
    poller.poll(events, 0);
    expect(tokens()).toEqual([newToken]);
  });
});

describe('descriptors', () => {
  test('a regular file cannot be polled', () => {
    const fd = openSync(process.execPath, 'r');
    expect(() => poller.register(new FdSource(fd), Interest.READABLE)).toThrow(
      errorLike({ code: 'EINVAL', syscall: 'epoll_ctl', message: 'regular files' }),
    );
    closeSync(fd);
  });

  test('a number that is no open descriptor is refused, and can be tried again', () => {
    const source = new FdSource(1_000_000);
    for (const attempt of [poller, poller, new Poller()]) {
      expect(() => attempt.register(source, Interest.READABLE)).toThrow(errorLike({ code: 'EINVAL', message: '1000000' }));
      if (attempt !== poller) attempt.close();
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

describe('more ready sources than capacity', () => {
  test('the rest comes with the next polls, each source as often as the others', () => {
    const all = Array.from({ length: 10 }, () => {
      const { pipe, source } = makePipe();
      pipe.write();
      return poller.register(source, Interest.READABLE);
    });
    const few = new Events(3);
    const counts = new Map<Token, number>();
    for (let i = 0; i < 10; i += 1) {
      expect(poller.poll(few, 0)).toBe(3);
      for (const { token } of few) counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(all);
    expect([...counts.values()]).toEqual(all.map(() => 3));
  });

  test('it stays fair among more sources than the kernel names in one call', () => {
    const sources = 300;
    for (let i = 0; i < sources; i += 1) {
      const { pipe, source } = makePipe();
      pipe.write();
      poller.register(source, Interest.READABLE);
    }
    const one = new Events(1);
    const seen = new Set<Token>();
    for (let i = 0; i < sources; i += 1) {
      poller.poll(one, 0);
      for (const { token } of one) seen.add(token);
    }
    expect(seen.size).toBe(sources);
  });

  test('the waker has its turn too', () => {
    const { pipe, source } = makePipe();
    const token = poller.register(source, Interest.READABLE);
    pipe.write();
    poller.wake();
    const one = new Events(1);
    const reported: Token[] = [];
    for (let i = 0; i < 3; i += 1) {
      poller.poll(one, 0);
      for (const event of one) reported.push(event.token);
    }
    expect(reported).toContain(Token.WAKER);
    expect(reported.filter((reportedToken) => reportedToken === token)).toHaveLength(2);
  });
});

describe('events', () => {
  test('are replaced by each poll, and can be read again', () => {
    const { pipe, source } = makePipe();
    const token = poller.register(source, Interest.READABLE);
    pipe.write();
    poller.poll(events, 0);
    expect([events.length, events.isEmpty, tokens(), tokens()]).toEqual([1, false, [token], [token]]);
    pipe.drain();
    poller.poll(events, 0);
    expect([events.length, events.isEmpty, tokens()]).toEqual([0, true, []]);
  });

  test('can be cleared', () => {
    poller.wake();
    poller.poll(events, 0);
    events.clear();
    expect([events.length, events.isEmpty, tokens()]).toEqual([0, true, []]);
  });

  test.each([0, -1, 1.5, NaN])('a capacity of %p is out of range', (capacity) => {
    expect(() => new Events(capacity)).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
  });

  test('nothing else can be filled', () => {
    expect(() => poller.poll([] as never, 0)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });
});

describe('closing', () => {
  test('a closed poller says so, and can be closed again', () => {
    const { source } = makePipe();
    const token = poller.register(source, Interest.READABLE);
    poller.close();
    poller.close();
    const uses = [
      () => poller.register(source, Interest.READABLE),
      () => poller.reregister(source, token, Interest.BOTH),
      () => poller.deregister(source, token),
      () => poller.poll(events, 0),
      () => poller.wake(),
      () => poller.waker(),
    ];
    for (const use of uses) expect(use).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });

  test('disposing of it closes it', () => {
    poller[Symbol.dispose]();
    expect(() => poller.wake()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });
});
