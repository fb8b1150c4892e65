import { open } from 'node:fs/promises';
import { ReadableStream, TransformStream } from 'node:stream/web';
import { type Channel, type Message } from 'gips';
import { digestOf } from '../programs/digest.mjs';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { makeFile } from '../support/files.js';
import { connectPair } from '../support/pair.js';
import { connectPeer, upTo } from '../support/peer.js';
import type { Program } from '../support/processes.js';

const KIB = 1024;
const MARK = 128 * KIB;
const SIZE = 4 * KIB;
const options = { highWaterMark: MARK };

const { path, bytes, digest } = makeFile(12 * KIB * KIB + 12_345);

function connectStreamPeer(role: 'server' | 'client' = 'server'): Promise<{ channel: Channel; peer: Program }> {
  return connectPeer(role, options, options, 'stream-peer');
}

async function channelPair(): Promise<{ near: Channel; far: Channel }> {
  const { endpoint, connection } = await connectPair(options, options);
  return { near: endpoint, far: connection };
}

async function textsOf(messages: AsyncIterable<Message>): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of messages) texts.push(message.text());
  return texts;
}

describe.each(['server', 'client'] as const)('with a %s in another process', (role) => {
  test('a file goes through a pipe, and ends it', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('readWeb');
    const handle = await open(path);
    await handle.readableWebStream().pipeTo(channel.toWeb().writable);
    await handle.close();
    expect(await peer.next('read')).toEqual({ bytes, digest });
    expect(await channel.closed).toBeUndefined();
  });

  test('a file comes through a pipe, and the goodbye ends it', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('writeWeb', path);
    expect(await digestOf(channel.toWeb().readable)).toEqual({ bytes, digest });
    expect(await peer.next('written')).toBeNull();
  });

  test('a slow reader makes a pipe wait, with no more queued than the high-water mark and one message', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    let most = 0;
    let number = 0;
    const source = new ReadableStream<Buffer>(
      {
        pull(controller) {
          most = Math.max(most, channel.bufferedAmount);
          if (number < 2000) controller.enqueue(stamped(number++, SIZE));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    peer.tell('read', { rest: 5 });
    await source.pipeTo(channel.toWeb().writable);
    expect(await peer.next('read')).toEqual(errorLike({ bytes: 2000 * SIZE }));
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(MARK + 2 * SIZE);
  });

  test('the death of the peer fails a pipe in the middle, and one with nothing to write', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    const { readable, writable } = new TransformStream<string, string>();
    const pipe = readable.pipeTo(channel.toWeb().writable);
    pipe.catch(() => {});
    peer.tell('read', { announce: 1 });
    const source = writable.getWriter();
    await source.write('one');
    await peer.next('reading');
    await peer.kill();
    await expect(within(pipe, 'the end of the pipe')).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
  });

  test('the death of the peer fails who reads, once it has everything that had come', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('send', 500);
    await peer.next('sent');
    await peer.kill();
    const texts: string[] = [];
    const reading = (async () => {
      for await (const message of channel.toWeb().readable) texts.push(message.text());
    })();
    await expect(reading).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
    expect(texts).toEqual(upTo(500).map(String));
  });

  test('an aborted pipe destroys the channel, and the peer sees that', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    const { readable, writable } = new TransformStream<string, string>();
    const controller = new AbortController();
    const pipe = readable.pipeTo(channel.toWeb().writable, { signal: controller.signal });
    pipe.catch(() => {});
    peer.tell('read', { announce: 1 });
    await writable.getWriter().write('one');
    await peer.next('reading');
    controller.abort(new Error('enough'));
    await expect(pipe).rejects.toThrow('enough');
    expect(await channel.closed).toEqual(errorLike({ message: 'enough' }));
    expect(await peer.next('read')).toEqual(errorLike({ code: 'ECONNRESET' }));
  });
});

describe('the readable', () => {
  test('takes nothing before somebody reads, and then as much as is read', async () => {
    const { near, far } = await channelPair();
    const { readable } = near.toWeb();
    for (const number of upTo(4)) await far.send(`${number}`);
    expect((await near.recv()).text()).toBe('0');
    const reader = readable.getReader();
    expect((await reader.read()).value?.text()).toBe('1');
    await expect(near.recv()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_BUSY', message: 'a stream' }));
    await reader.cancel();
    expect((await near.recv()).text()).toBe('2');
    expect((await near.recv()).text()).toBe('3');
  });

  test('fails beside another use, which goes on', async () => {
    const { near, far } = await channelPair();
    const other = near[Symbol.asyncIterator]();
    const first = other.next();
    await expect(near.toWeb().readable.getReader().read()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
    await far.send('one');
    expect((await first).value?.text()).toBe('one');
  });

  test('that is left in a loop gives the messages back, and another stream goes on with the next', async () => {
    const { near, far } = await channelPair();
    for (const number of upTo(4)) await far.send(`${number}`);
    for (const number of upTo(4)) {
      for await (const message of near.toWeb().readable) {
        expect(message.text()).toBe(`${number}`);
        break;
      }
    }
  });

  test('loses nothing when it is cancelled right after a read, or while one waits', async () => {
    const { near, far } = await channelPair();
    for (const number of upTo(4)) await far.send(`${number}`);
    const [first, second] = [near.toWeb().readable.getReader(), near.toWeb().readable.getReader()];
    await eventually(() => expect(near.stats.messagesReceived).toBe(4));
    const read = first.read();
    await first.cancel();
    expect((await read).value?.text()).toBe('0');
    expect((await near.recv()).text()).toBe('1');
    await near.recv();
    await near.recv();
    const waiting = second.read();
    await second.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await far.send('last');
    expect((await near.recv()).text()).toBe('last');
  });

  test('makes a peer wait that nobody reads', async () => {
    const { channel, peer } = await connectPeer('server', options);
    const reader = channel.toWeb().readable.getReader();
    peer.tell('fill', { size: SIZE });
    const count = await peer.next<number>('full');
    const arrived: number[] = [];
    while (arrived.length <= count) arrived.push(stampOf((await reader.read()).value!.payload));
    expect(arrived).toEqual(upTo(count + 1));
    await peer.next('sent');
  });

  test('is closed by the goodbye, and failed by a crash, though nobody reads at the time', async () => {
    const orderly = await channelPair();
    const ended = orderly.near.toWeb().readable.getReader();
    await orderly.far.close();
    await within(ended.closed, 'the end of the stream');
    const crashed = await channelPair();
    const failed = crashed.near.toWeb().readable.getReader();
    crashed.far.destroy();
    await expect(within(failed.closed, 'the end of the stream')).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
  });

  test('gives what had come before the goodbye', async () => {
    const { near, far } = await channelPair();
    for (const number of upTo(10)) await far.send(`${number}`);
    await far.close();
    await near.closed;
    expect(await textsOf(near.toWeb().readable)).toEqual(upTo(10).map(String));
  });

  test('fails with ERR_GIPS_CLOSED when this side closes the channel, so that no part passes for the whole', async () => {
    const { near } = await channelPair();
    const { readable, writable } = near.toWeb();
    const source = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('one');
        controller.close();
      },
    });
    const through = source.pipeThrough({ readable, writable });
    await expect(within(textsOf(through), 'the end of the stream')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });
});

describe('the writable', () => {
  test('accepts a message when send() would resolve, and an abort ends the wait', async () => {
    const { channel, peer } = await connectPeer('server', options);
    const writer = channel.toWeb().writable.getWriter();
    let count = 0;
    while (channel.bufferedAmount < MARK) {
      const writing = writer.write(stamped(count, SIZE));
      writing.catch(() => {});
      count += 1;
      if (channel.bufferedAmount < MARK) await writing;
    }
    let isAccepted = false;
    const accepted = writer.write(stamped(count, SIZE));
    accepted.then(
      () => (isAccepted = true),
      () => {},
    );
    await expect(channel.flush({ timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
    expect(isAccepted).toBe(false);
    expect(writer.desiredSize).toBeLessThanOrEqual(0);
    await within(writer.abort(new Error('enough')), 'the abort');
    await expect(accepted).rejects.toThrow('enough');
    expect(await channel.closed).toEqual(errorLike({ message: 'enough' }));
    expect(await peer.next('ended')).toBe('ECONNRESET');
  });

  test('closes the channel after everything it was given', async () => {
    const { near, far } = await channelPair();
    const writer = near.toWeb().writable.getWriter();
    for (const text of ['one', '', 'three']) void writer.write(text);
    await writer.close();
    expect(await near.closed).toBeUndefined();
    expect(await textsOf(far)).toEqual(['one', '', 'three']);
  });

  test('fails with EPIPE at the goodbye, before anything is written', async () => {
    const { near, far } = await channelPair();
    const writer = near.toWeb().writable.getWriter();
    await far.close();
    await expect(within(writer.closed, 'the end of the stream')).rejects.toThrow(errorLike({ code: 'EPIPE' }));
    await expect(writer.write('one')).rejects.toThrow(errorLike({ code: 'EPIPE' }));
  });

  test('fails for what cannot be sent, and the channel stays as it is', async () => {
    const { near, far } = await channelPair();
    const writer = near.toWeb().writable.getWriter();
    await expect(writer.write(7 as never)).rejects.toThrow(errorLike({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }));
    await near.send('still here');
    expect((await far.recv()).text()).toBe('still here');
  });
});

test('a closed channel makes no streams', async () => {
  const { near } = await channelPair();
  await near.close();
  expect(() => near.toWeb()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
});
