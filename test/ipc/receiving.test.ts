/** Taking messages from a channel: in one way at a time, losing none. */
import { errorLike } from '../support/errors.js';
import { connectPair } from '../support/pair.js';

const BUSY = errorLike({ code: 'ERR_GIPS_BUSY' });

test('recv() calls queue, and each gets its own message', async () => {
  const { endpoint, connection } = await connectPair();
  const calls = [endpoint.recv(), endpoint.recv(), endpoint.recv()];
  for (const text of ['a', 'b', 'c']) await connection.send(text);
  expect((await Promise.all(calls)).map((message) => message.text())).toEqual(['a', 'b', 'c']);
});

test('an aborted or timed-out recv() takes nothing from those behind it', async () => {
  const { endpoint, connection } = await connectPair();
  const controller = new AbortController();
  const aborted = endpoint.recv({ signal: controller.signal });
  const late = endpoint.recv({ timeout: 10 });
  const patient = endpoint.recv();
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  await expect(late).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  await connection.send('for the patient');
  expect((await patient).text()).toBe('for the patient');
});

test('recv() with timeout 0 is one attempt, which sees what has arrived at the system', async () => {
  const { endpoint, connection } = await connectPair();
  await expect(endpoint.recv({ timeout: 0 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  await connection.send('there');
  expect((await endpoint.recv({ timeout: 0 })).text()).toBe('there');
});

test('tryRecv() and recvSync() see what has arrived though the event loop has not run', async () => {
  const { endpoint, connection } = await connectPair();
  expect(endpoint.tryRecv()).toBeNull();
  connection.sendSync('one');
  connection.sendSync('two');
  expect(endpoint.tryRecv()?.text()).toBe('one');
  expect(endpoint.recvSync().text()).toBe('two');
  expect(() => endpoint.recvSync(10)).toThrow(errorLike({ code: 'ETIMEDOUT' }));
});

test('breaking out of an iteration neither closes nor loses anything', async () => {
  const { endpoint, connection } = await connectPair();
  for (const text of ['a', 'b', 'c']) await connection.send(text);
  const seen: string[] = [];
  for (const limit of [1, 2]) {
    for await (const message of endpoint) {
      seen.push(message.text());
      if (seen.length >= limit) break;
    }
  }
  seen.push((await endpoint.recv()).text());
  expect(seen).toEqual(['a', 'b', 'c']);
});

test('an empty payload is a message like any other', async () => {
  const { endpoint, connection } = await connectPair();
  await connection.send('');
  await connection.send(new Uint8Array(0));
  await connection.send('after');
  expect((await endpoint.recv()).payload).toHaveLength(0);
  expect((await endpoint.recv()).text()).toBe('');
  expect((await endpoint.recv()).text()).toBe('after');
});

describe('a second way to receive is ERR_GIPS_BUSY', () => {
  test('beside pending calls', async () => {
    const { endpoint, connection } = await connectPair();
    const pending = endpoint.recv();
    await expect(endpoint[Symbol.asyncIterator]().next()).rejects.toThrow(BUSY);
    expect(() => endpoint.on('message', () => undefined)).toThrow(BUSY);
    await connection.send('x');
    expect((await pending).text()).toBe('x');
    endpoint.on('message', () => undefined);
  });

  test('beside an iterator', async () => {
    const { endpoint } = await connectPair();
    const iterator = endpoint[Symbol.asyncIterator]();
    const step = iterator.next();
    await expect(endpoint.recv()).rejects.toThrow(BUSY);
    expect(() => endpoint.tryRecv()).toThrow(BUSY);
    await expect(endpoint[Symbol.asyncIterator]().next()).rejects.toThrow(BUSY);
    await iterator.return?.();
    expect(await step).toEqual({ done: true, value: undefined });
    expect(endpoint.tryRecv()).toBeNull();
  });

  test("beside 'message' subscribers", async () => {
    const { endpoint } = await connectPair();
    const ignore = (): void => undefined;
    endpoint.on('message', ignore);
    await expect(endpoint.recv()).rejects.toThrow(BUSY);
    await expect(endpoint[Symbol.asyncIterator]().next()).rejects.toThrow(BUSY);
    endpoint.off('message', ignore);
    expect(endpoint.tryRecv()).toBeNull();
  });
});

describe('after the last message', () => {
  test('every call fails with EPIPE when the peer has said goodbye, and an iteration ends', async () => {
    const { endpoint, connection } = await connectPair();
    await connection.send('last');
    await connection.close();
    await endpoint.closed;
    expect((await endpoint.recv()).text()).toBe('last');
    for (let i = 0; i < 2; i++) {
      await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'EPIPE', address: expect.any(String) }));
      expect(() => endpoint.recvSync()).toThrow(errorLike({ code: 'EPIPE' }));
      expect(() => endpoint.tryRecv()).toThrow(errorLike({ code: 'EPIPE' }));
      await expect(endpoint.send('x')).rejects.toThrow(errorLike({ code: 'EPIPE' }));
      expect(() => endpoint.sendSync('x')).toThrow(errorLike({ code: 'EPIPE' }));
      expect(() => endpoint.trySend('x')).toThrow(errorLike({ code: 'EPIPE' }));
    }
    for await (const message of endpoint) throw new Error(`came after the end: ${message.text()}`);
  });

  test('every call fails with ECONNRESET when the peer has vanished, and an iteration throws it', async () => {
    const { endpoint, connection } = await connectPair();
    await connection.send('last');
    connection.destroy();
    await endpoint.closed;
    const seen: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const message of endpoint) seen.push(message.text());
    };
    await expect(iterate()).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
    expect(seen).toEqual(['last']);
    await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
    await expect(endpoint.send('x')).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
  });
});

test.each([[-1], [NaN], [2 ** 31]])('a timeout of %d is out of range', async (timeout) => {
  const { endpoint } = await connectPair();
  await expect(endpoint.recv({ timeout })).rejects.toThrow(errorLike({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }));
  expect(() => endpoint.recvSync(timeout)).toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
});
