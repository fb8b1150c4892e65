import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, Readable, Transform, type Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { IpcObject, Listener, type Channel, type Message } from 'gips';
import { digestOf } from '../programs/digest.mjs';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { makeFile } from '../support/files.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { connectPeer, upTo } from '../support/peer.js';
import { start, type Program } from '../support/processes.js';

const KIB = 1024;
const MARK = 128 * KIB;
const CHUNK = 64 * KIB; // what a file is read by
const FRAME_HEADER = 16;
const options = { highWaterMark: MARK };

const file = makeFile(12 * KIB * KIB + 12_345);
const { path, bytes, digest } = file;

function connectStreamPeer(role: 'server' | 'client' = 'server'): Promise<{ channel: Channel; peer: Program }> {
  return connectPeer(role, options, options, 'stream-peer');
}

/** Numbers for ever, or until the reader has enough. */
function numbers(count = Infinity): Readable {
  return Readable.from(
    (function* () {
      for (let number = 0; number < count; number += 1) yield `${number}`;
    })(),
  );
}

/** Passes everything on, and calls `look` each time. */
function observer(look: () => void): Transform {
  return new Transform({
    transform(chunk, _encoding, callback) {
      look();
      callback(null, chunk);
    },
  });
}

async function textsOf(messages: AsyncIterable<Message>): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of messages) texts.push(message.text());
  return texts;
}

/** A stream and the channel at its other end. */
async function duplexPair(): Promise<{ near: Duplex; nearChannel: Channel; farChannel: Channel }> {
  const { endpoint, connection } = await connectPair(options, options);
  return { near: endpoint.toDuplex(), nearChannel: endpoint, farChannel: connection };
}

describe.each(['server', 'client'] as const)('with a %s in another process', (role) => {
  test('a file goes through a pipeline, and ends it', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('read');
    await pipeline(createReadStream(path), channel.toDuplex());
    expect(await peer.next('read')).toEqual({ bytes, digest });
    expect(await channel.closed).toBeUndefined();
    expect(await peer.next('ended')).toBeNull();
  });

  test('a file comes through a pipeline, and the goodbye ends it', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('write', path);
    expect(await pipeline(channel.toDuplex(), digestOf)).toEqual({ bytes, digest });
    expect(await peer.next('written')).toBeNull();
  });

  test('a slow reader makes a pipeline wait, with no more queued than the high-water mark and one message', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    let most = 0;
    const duplex = channel.toDuplex();
    peer.tell('read', { rest: 1 });
    const look = observer(() => {
      most = Math.max(most, channel.bufferedAmount);
      expect(duplex.writableLength).toBeLessThanOrEqual(1);
    });
    await pipeline(createReadStream(path), look, duplex);
    expect(await peer.next('read')).toEqual({ bytes, digest });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(MARK + CHUNK + FRAME_HEADER);
  });

  test('the death of the peer in the middle fails a pipeline that writes', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('read', { announce: 10 });
    const writing = pipeline(numbers(), channel.toDuplex());
    writing.catch(() => {});
    await peer.next('reading');
    await peer.kill();
    await expect(within(writing, 'the end of the pipeline')).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
  });

  test('the death of the peer fails a pipeline that has nothing to write at the moment', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('read', { announce: 1 });
    const source = new PassThrough();
    const writing = pipeline(source, channel.toDuplex());
    writing.catch(() => {});
    source.write('one');
    await peer.next('reading');
    await peer.kill();
    await expect(within(writing, 'the end of the pipeline')).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
    expect(source.destroyed).toBe(true);
  });

  test('the death of the peer fails a pipeline that reads, once it has everything that had come', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    const duplex = channel.toDuplex();
    peer.tell('send', 500);
    await peer.next('sent');
    await peer.kill();
    const texts: string[] = [];
    const reading = pipeline(duplex, async (messages: AsyncIterable<Message>) => {
      for await (const message of messages) texts.push(message.text());
    });
    await expect(reading).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
    expect(texts).toEqual(upTo(500).map(String));
  });

  test('an aborted pipeline destroys the channel, and the peer sees that', async () => {
    const { channel, peer } = await connectStreamPeer(role);
    peer.tell('read', { announce: 10 });
    const controller = new AbortController();
    const writing = pipeline(numbers(), channel.toDuplex(), { signal: controller.signal });
    writing.catch(() => {});
    await peer.next('reading');
    controller.abort();
    await expect(writing).rejects.toThrow(errorLike({ name: 'AbortError' }));
    expect(await channel.closed).toEqual(errorLike({ name: 'AbortError' }));
    expect(await peer.next('read')).toEqual(errorLike({ code: 'ECONNRESET' }));
  });
});

test('a file is given back whole by an echo of one pipeline', async () => {
  const { channel, peer } = await connectStreamPeer();
  peer.tell('echo');
  const duplex = channel.toDuplex();
  let rest = bytes;
  const untilAll = async function* (): AsyncGenerator<Message> {
    for await (const message of duplex.iterator({ destroyOnReturn: false }) as AsyncIterable<Message>) {
      yield message;
      if ((rest -= message.payload.length) === 0) return;
    }
  };
  const [given] = await Promise.all([digestOf(untilAll()), pipeline(createReadStream(path), duplex, { end: false })]);
  expect(given).toEqual({ bytes, digest });
});

test('a reader that does not read makes the peer wait, with one message in the stream', async () => {
  const { channel, peer } = await connectPeer('server', options);
  const duplex = channel.toDuplex();
  duplex.once('readable', () => {});
  peer.tell('fill', { size: 4 * KIB });
  const count = await peer.next<number>('full');
  expect(count).toBeLessThan((2 * MARK) / (4 * KIB) + 200);
  expect(duplex.readableLength).toBeLessThanOrEqual(1);
  const arrived: number[] = [];
  for await (const { payload } of duplex as AsyncIterable<Message>) if (arrived.push(stampOf(payload)) > count) break;
  expect(arrived).toEqual(upTo(count + 1));
  await peer.next('sent');
});

/** Writes to a peer that takes nothing until the channel takes no more either; resolves with how many messages those were. */
async function fill(channel: Channel, duplex: Duplex): Promise<number> {
  for (let number = 0; ; number += 1) {
    const isDone = duplex.write(stamped(number, 4 * KIB));
    if (channel.bufferedAmount >= MARK) return number + 1;
    if (!isDone) await once(duplex, 'drain');
  }
}

test('write() is called back when send() would resolve', async () => {
  const { channel, peer } = await connectPeer('server', options);
  const duplex = channel.toDuplex();
  const count = await fill(channel, duplex);
  let isAccepted = false;
  const accepted = new Promise((resolve) => duplex.write(stamped(count, 4 * KIB), resolve)).then(() => (isAccepted = true));
  await expect(channel.flush({ timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  expect(isAccepted).toBe(false);
  peer.tell('take', { count: count + 1 });
  await within(accepted, 'the callback of write()');
  expect(await peer.next('taken')).toEqual({ numbers: upTo(count + 1), end: null });
});

test('an end that waits for a peer that takes nothing ends with destroy()', async () => {
  const { channel } = await connectPeer('server', options);
  const duplex = channel.toDuplex();
  duplex.on('error', () => {});
  await fill(channel, duplex);
  duplex.end();
  await expect(channel.flush({ timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  expect(duplex.writableFinished).toBe(false);
  duplex.destroy(new Error('enough'));
  await within(new Promise((resolve) => duplex.on('close', resolve)), "'close'");
  expect(await channel.closed).toEqual(errorLike({ message: 'enough' }));
});

test('the goodbye ends the stream after everything that had come, and closes it', async () => {
  const { near, farChannel } = await duplexPair();
  for (const number of upTo(100)) await farChannel.send(`${number}`);
  await farChannel.close();
  const closed = once(near, 'close');
  expect(await textsOf(near)).toEqual(upTo(100).map(String));
  await within(closed, "'close'");
  expect(near.errored).toBeNull();
});

test('a stream that nobody has used closes at the goodbye, without an error', async () => {
  const { near, farChannel } = await duplexPair();
  const events: string[] = [];
  for (const event of ['end', 'finish', 'error']) near.on(event, () => events.push(event));
  await farChannel.close();
  await within(once(near, 'close'), "'close'");
  expect(events).toEqual(['end', 'finish']);
});

test('a goodbye in the middle of a pipeline that writes is EPIPE, whether it has something to write or not', async () => {
  const { near, farChannel } = await duplexPair();
  const source = new PassThrough();
  const writing = pipeline(source, near);
  writing.catch(() => {});
  source.write('one');
  await farChannel.recv();
  await farChannel.close();
  await expect(within(writing, 'the end of the pipeline')).rejects.toThrow(errorLike({ code: 'EPIPE' }));
});

test('end() closes the channel when everything is with the system; who only writes sees the end and the close', async () => {
  const { near, farChannel, nearChannel } = await duplexPair();
  near.write('one');
  near.write('two');
  near.end('three');
  const closed = once(near, 'close');
  await finished(near);
  await closed;
  expect(await nearChannel.closed).toBeUndefined();
  expect(await textsOf(farChannel)).toEqual(['one', 'two', 'three']);
});

test('end() after the goodbye loses nothing of what had come', async () => {
  const { near, farChannel, nearChannel } = await duplexPair();
  for (const number of upTo(10)) await farChannel.send(`${number}`);
  await farChannel.close();
  expect(await nearChannel.closed).toBeUndefined();
  near.end();
  await once(near, 'finish');
  expect(await textsOf(near)).toEqual(upTo(10).map(String));
});

test('who still reads when the stream is ended is not told that there was no more', async () => {
  const { near } = await duplexPair();
  const reading = pipeline(['one', 'two'], near, textsOf as (messages: AsyncIterable<unknown>) => Promise<string[]>);
  await expect(within(reading, 'the end of the pipeline')).rejects.toThrow(errorLike({ code: 'ERR_STREAM_PREMATURE_CLOSE' }));
});

test('end() beside close() is no error, in either order', async () => {
  for (const order of ['end first', 'close first']) {
    const { near, nearChannel, farChannel } = await duplexPair();
    const closed = once(near, 'close');
    near.write('one');
    if (order === 'end first') near.end();
    await nearChannel.close();
    if (order === 'close first') near.end();
    await within(closed, "'close'");
    expect(await textsOf(farChannel)).toEqual(['one']);
  }
});

test('what is written arrives: text in its encoding, any bytes, and empty messages', async () => {
  const { near, farChannel } = await duplexPair();
  near.write('grün');
  near.write('6772fc6e', 'hex');
  near.write(new Uint16Array([0x4241]));
  near.write(new Uint8Array([0x43]).buffer);
  near.end('');
  const received: string[] = [];
  for await (const { payload } of farChannel) received.push(payload.toString('latin1'));
  expect(received).toEqual([Buffer.from('grün').toString('latin1'), 'grün', 'AB', 'C', '']);
});

test.each([{}, 7, new SharedArrayBuffer(1)])('%p cannot be written, which destroys the stream', async (chunk) => {
  const { near } = await duplexPair();
  near.write(chunk);
  const [error] = (await once(near, 'error')) as [Error];
  expect(error).toEqual(errorLike({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }));
});

test('a received message is passed on with its objects, which are closed here', async () => {
  const { near, nearChannel, farChannel } = await duplexPair();
  const other = await duplexPair();
  const passed: Message[] = [];
  const look = async function* (messages: AsyncIterable<Message>): AsyncGenerator<Message> {
    for await (const message of messages) {
      passed.push(message);
      yield message;
    }
  };
  const forwarding = pipeline(farChannel.toDuplex(), look, other.near);
  const handle = await open(path);
  const object = keep(IpcObject.from(handle));
  await nearChannel.send('here', { objects: [object] });
  await handle.close();
  const message = await other.farChannel.recv();
  expect(message.text()).toBe('here');
  expect(message.objects).toHaveLength(1);
  for (const received of message.objects) received.close();
  expect(() => passed[0]!.objects[0]!.fd).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  near.end();
  await forwarding;
});

test('reading is exclusive from the first read on, and writing is not', async () => {
  const { near, nearChannel, farChannel } = await duplexPair();
  await farChannel.send('for recv');
  near.write('one');
  expect((await farChannel.recv()).text()).toBe('one');
  expect((await nearChannel.recv()).text()).toBe('for recv');
  near.resume();
  await farChannel.send('for the stream');
  await once(near, 'data');
  await expect(nearChannel.recv()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_BUSY', message: 'a stream' }));
  const second = nearChannel.toDuplex();
  second.resume();
  const [error] = (await once(second, 'error')) as [Error];
  expect(error).toEqual(errorLike({ code: 'ERR_GIPS_BUSY' }));
  await farChannel.send('for the first stream');
  expect(((await once(near, 'data')) as [Message])[0].text()).toBe('for the first stream');
});

test("a pod's connection can be written as a stream", async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const reader = start('stream-peer', { argument: { name: listener.name, role: 'client', options } });
  await reader.next('connected');
  listener.once('connection', (connection) => connection);
  reader.tell('send', 1);
  const { connection } = await listener.accept();
  reader.tell('read');
  await pipeline(createReadStream(path), connection.toDuplex());
  expect(await reader.next('read')).toEqual({ bytes, digest });
});

test('leaving a loop over the stream destroys the channel, as it does any stream of Node', async () => {
  const { near, nearChannel, farChannel } = await duplexPair();
  await farChannel.send('one');
  for await (const message of near as AsyncIterable<Message>) {
    expect(message.text()).toBe('one');
    break;
  }
  expect(near.destroyed).toBe(true);
  await nearChannel.closed;
  await expect(farChannel.recv()).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
});

test('a closed channel makes no stream', async () => {
  const { nearChannel } = await duplexPair();
  await nearChannel.close();
  expect(() => nearChannel.toDuplex()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
});

test("destroying the channel closes its stream, with the destroyer's error", async () => {
  const { near, nearChannel } = await duplexPair();
  nearChannel.destroy(new Error('enough'));
  const [error] = (await once(near, 'error')) as [Error];
  expect(error.message).toBe('enough');
});
