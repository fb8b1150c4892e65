import type { Channel, Message } from 'gips';
import { errorLike } from '../support/errors.js';
import { connectPair, type Pair } from '../support/pair.js';

const busy = errorLike({ code: 'ERR_GIPS_BUSY', name: 'GipsError' });

/** The ways to receive from a channel. Each gives the text of the next message and stops. */
const WAYS: Record<string, (channel: Channel) => Promise<string>> = {
  'recv()': async (channel) => (await channel.recv()).text(),
  'an iterator': async (channel) => {
    for await (const message of channel) return message.text();
    throw new Error('the iterator has ended');
  },
  "'message'": (channel) => new Promise((resolve) => void channel.once('message', (message) => resolve(message.text()))),
};
const PAIRS = Object.keys(WAYS).flatMap((first) => Object.keys(WAYS).map((second) => [first, second] as const));
const EXCLUSIVE = PAIRS.filter(([first, second]) => first !== second || first === 'an iterator');

async function receive(way: string, channel: Channel): Promise<string> {
  return WAYS[way]!(channel);
}

let pair: Pair;

beforeEach(async () => {
  pair = await connectPair();
});

async function sendAll(channel: Channel, ...texts: string[]): Promise<void> {
  for (const text of texts) await channel.send(text);
}

describe.each(['endpoint', 'connection'] as const)('the messages of an %s', (end) => {
  let near: Channel;
  let far: Channel;

  beforeEach(() => {
    near = pair[end];
    far = end === 'endpoint' ? pair.connection : pair.endpoint;
  });

  test.each(EXCLUSIVE)('%s keeps out %s, which may come afterwards', async (first, second) => {
    const received = receive(first, near);
    await expect(receive(second, near)).rejects.toEqual(busy);
    await sendAll(far, 'one', 'two');
    expect(await received).toBe('one');
    expect(await receive(second, near)).toBe('two');
  });

  test.each(['an iterator', "'message'"])('%s keeps out the blocking forms', async (first) => {
    const received = receive(first, near);
    expect(() => near.tryRecv()).toThrow(busy);
    expect(() => near.recvSync(10)).toThrow(busy);
    await sendAll(far, 'one', 'two');
    expect(await received).toBe('one');
    expect(near.recvSync(5000).text()).toBe('two');
  });
});

test('several calls of recv wait in a queue', async () => {
  const { connection, endpoint } = pair;
  const received = Promise.all([endpoint.recv(), endpoint.recv(), endpoint.recv()]);
  await sendAll(connection, 'a', 'b', 'c');
  expect((await received).map((message) => message.text())).toEqual(['a', 'b', 'c']);
});

test('an iterator that has begun keeps the others out between its steps too, until it is left', async () => {
  const { connection, endpoint } = pair;
  const iterator = endpoint[Symbol.asyncIterator]();
  await sendAll(connection, 'a', 'b');
  expect((await iterator.next()).value).toMatchObject({ objects: [] });
  await expect(endpoint.recv()).rejects.toEqual(busy);
  await iterator.return?.();
  expect((await endpoint.recv()).text()).toBe('b');
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

test('a loop that is left by break loses nothing: the next one goes on where it stopped', async () => {
  const { connection, endpoint } = pair;
  await sendAll(connection, 'a', 'b', 'c', 'd');
  const texts: string[] = [];
  for await (const message of endpoint) {
    texts.push(message.text());
    if (texts.length === 2) break;
  }
  for await (const message of endpoint) {
    texts.push(message.text());
    if (texts.length === 4) break;
  }
  expect(texts).toEqual(['a', 'b', 'c', 'd']);
  await sendAll(endpoint, 'still open');
  expect((await connection.recv()).text()).toBe('still open');
});

test('a loop that is left by an error loses nothing either', async () => {
  const { connection, endpoint } = pair;
  await sendAll(connection, 'a', 'b');
  const loop = async (): Promise<void> => {
    for await (const message of endpoint) throw new Error(`cannot use ${message.text()}`);
  };
  await expect(loop()).rejects.toThrow('cannot use a');
  expect((await endpoint.recv()).text()).toBe('b');
});

describe("'message'", () => {
  let texts: string[];
  const take = (message: Message): void => void texts.push(message.text());

  beforeEach(() => {
    texts = [];
  });

  test('brings what came before the subscription, and what comes after it', async () => {
    const { connection, endpoint } = pair;
    await sendAll(connection, 'a', 'b');
    const third = new Promise<void>((resolve) => {
      endpoint.on('message', (message) => {
        take(message);
        if (texts.length === 3) resolve();
      });
    });
    await sendAll(connection, 'c');
    await third;
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  test('stops when the last subscriber is removed, and nothing is lost', async () => {
    const { connection, endpoint } = pair;
    endpoint.on('message', take);
    const stopped = new Promise<void>((resolve) => {
      endpoint.on('message', (message) => {
        if (message.text() !== 'b') return;
        endpoint.removeAllListeners('message');
        resolve();
      });
    });
    await sendAll(connection, 'a', 'b', 'c', 'd');
    await stopped;
    expect((await endpoint.recv()).text()).toBe('c');
    expect(texts).toEqual(['a', 'b']);
    endpoint.on('message', take);
    await new Promise<void>((resolve) => void endpoint.once('message', () => resolve()));
    expect(texts).toEqual(['a', 'b', 'd']);
  });

  test('goes on while one of two subscribers is left', async () => {
    const { connection, endpoint } = pair;
    const other = (): void => undefined;
    endpoint.on('message', take).on('message', other).off('message', other);
    await sendAll(connection, 'a', 'b');
    await new Promise<void>((resolve) => endpoint.on('message', (message) => message.text() === 'b' && resolve()));
    expect(texts).toEqual(['a', 'b']);
  });

  test('once() takes one message', async () => {
    const { connection, endpoint } = pair;
    const taken = new Promise<void>((resolve) => {
      endpoint.once('message', (message) => {
        take(message);
        resolve();
      });
    });
    await sendAll(connection, 'a', 'b');
    await taken;
    expect((await endpoint.recv()).text()).toBe('b');
    expect(texts).toEqual(['a']);
  });

  test('gives every message to every subscriber', async () => {
    const { connection, endpoint } = pair;
    endpoint.on('message', take);
    const last = new Promise<void>((resolve) =>
      endpoint.on('message', (message) => {
        take(message);
        if (message.text() === 'b') resolve();
      }),
    );
    await sendAll(connection, 'a', 'b');
    await last;
    expect(texts).toEqual(['a', 'a', 'b', 'b']);
  });
});
