import { Events, Interest, Poller, Token } from 'gips';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
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
