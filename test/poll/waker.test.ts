import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Events, Poller, Token, Waker } from 'gips';
import { errorLike } from '../support/errors.js';
import { start } from '../support/processes.js';

describe('waking', () => {
  let poller: Poller;
  let events: Events;

  beforeEach(() => {
    poller = new Poller();
    events = new Events();
  });
  afterEach(() => poller.close());

  test('is an event of its own', () => {
    poller.wake();
    expect(poller.poll(events)).toBe(1);
    expect([...events]).toMatchObject([{ token: Token.WAKER, fromWaker: true }]);
  });

  test('counts once, however often it was done', () => {
    const waker = poller.waker();
    for (let i = 0; i < 5; i += 1) {
      poller.wake();
      waker.wake();
    }
    waker.close();
    expect([poller.poll(events, 0), poller.poll(events, 0)]).toEqual([1, 0]);
  });

  test('does nothing to a poller that has closed', () => {
    const waker = poller.waker();
    poller.close();
    waker.wake();
    waker.close();
  });

  test('is an error on a waker that has closed', () => {
    const waker = poller.waker();
    waker.close();
    waker.close();
    expect(() => waker.wake()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
    expect(() => waker.toTransferable()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });
});

describe('a transferable waker', () => {
  let poller: Poller;
  let waker: Waker;

  beforeEach(() => {
    poller = new Poller();
    waker = poller.waker();
  });
  afterEach(() => {
    waker.close();
    poller.close();
  });

  test('survives postMessage and the waker it was made from', () => {
    const transferable = throughPostMessage(waker.toTransferable());
    waker.close();
    const received = Waker.from(transferable);
    received.wake();
    received.close();
    expect(poller.poll(new Events(), 0)).toBe(1);
  });

  test('can be passed on by the one who got it', () => {
    const second = Waker.from(waker.toTransferable());
    const third = Waker.from(second.toTransferable());
    second.close();
    third.wake();
    third.close();
    expect(poller.poll(new Events(), 0)).toBe(1);
  });

  test('is used once, so that its number cannot have become another descriptor', () => {
    const transferable = waker.toTransferable();
    Waker.from(throughPostMessage(transferable)).close();
    expect(() => Waker.from(transferable)).toThrow(errorLike({ code: 'EINVAL' }));
  });

  test('that nobody used is withdrawn when the poller closes', () => {
    const transferable = waker.toTransferable();
    poller.close();
    expect(() => Waker.from(transferable)).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });

  test('is not just any object', () => {
    for (const bad of [undefined, null, 3, {}, { gipsWaker: 3 }, { gipsWaker: new SharedArrayBuffer(4) }]) {
      expect(() => Waker.from(bad as never)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
    }
  });

  function throughPostMessage(value: object): object {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(value);
    const received = receiveMessageOnPort(port2) as { message: object };
    port1.close();
    return received.message;
  }
});

describe('between threads', () => {
  test('a worker ends the poll of the main thread, each time it wakes it', async () => {
    const program = start('wake-from-worker', { argument: { wakes: 3, gapMs: 50 } });
    expect(await program.next('woken')).toEqual([true, true, true]);
    await program.finish();
  });

  test('the main thread ends the poll of a worker', async () => {
    const program = start('wake-a-worker');
    expect(await program.next('woken')).toEqual([{ token: Token.WAKER, fromWaker: true }]);
    await program.finish();
  });

  test('a worker that polls without a timeout can be terminated, and leaves no descriptor', async () => {
    const program = start('terminate-polling-worker', { argument: { workers: 3 } });
    const { before, after } = await program.next<{ before: number; after: number }>('descriptors');
    expect(after).toBe(before);
    await program.finish();
  });
});
