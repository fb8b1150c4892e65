import { MessageChannel } from 'node:worker_threads';
import { Endpoint, Listener, type Message } from 'gips';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPeer, upTo } from '../support/peer.js';
import { start } from '../support/processes.js';

const KIB = 1024;
/** What a payload may pin beyond itself: "a few KiB". */
const MOST_PINNED = 8 * KIB;

const sizes = [8, 9, 64, 100, 1000, 1016, 1024, 1025, 3000, 4000, 4096, 4097, 5000, 8192, 8193, 20_000, 65_536, 65_537, 200_000];

async function connectEcho(): Promise<Endpoint> {
  const name = serviceName();
  await start('echo-server', { argument: { name } }).next('listening');
  return keep(await Endpoint.connect(name));
}

/** Sends all of them, and receives as many. */
async function exchange(echo: Endpoint, payloads: Uint8Array[]): Promise<Message[]> {
  const sent = Promise.all(payloads.map((payload) => echo.send(payload)));
  const received: Message[] = [];
  while (received.length < payloads.length) received.push(await echo.recv());
  await sent;
  return received;
}

function manyPayloads(count: number): Buffer[] {
  return upTo(count).map((number) => stamped(number, sizes[number % sizes.length]!));
}

test('a payload stays what it was however long it is kept while more comes', async () => {
  const echo = await connectEcho();
  const kept: Buffer[] = [];
  for (let round = 0; round < 20; round += 1) {
    const messages = await exchange(echo, manyPayloads(200));
    for (const { payload } of messages.filter((_, index) => index % 7 === round % 7)) kept.push(payload);
  }
  expect(kept.map(stampOf)).not.toContain(-1);
  expect(kept.length).toBeGreaterThan(500);
});

test('a payload first read long after it came is still itself', async () => {
  const echo = await connectEcho();
  const messages = await exchange(echo, manyPayloads(200));
  for (let round = 0; round < 10; round += 1) await exchange(echo, manyPayloads(200));
  expect(messages.map(({ payload }) => stampOf(payload))).toEqual(upTo(200));
});

test('a payload is the same Buffer every time, and writable by its receiver alone', async () => {
  const echo = await connectEcho();
  const [first, second] = await exchange(echo, [stamped(0, 50), stamped(1, 50)]);
  expect(Buffer.isBuffer(first!.payload)).toBe(true);
  expect(first!.payload).toBe(first!.payload);
  first!.payload.fill(255);
  expect(stampOf(second!.payload)).toBe(1);
});

test.each([
  { how: 'awaited', isAwaited: true },
  { how: 'not awaited', isAwaited: false },
])('the caller may overwrite its bytes right after send(), $how', async ({ isAwaited }) => {
  const echo = await connectEcho();
  const payloads = manyPayloads(200);
  for (const payload of payloads) {
    const sent = echo.send(payload);
    payload.fill(255);
    if (isAwaited) await sent;
    else sent.catch(() => undefined);
  }
  for (const number of upTo(200)) expect(stampOf((await echo.recv()).payload)).toBe(number);
});

test('the caller may overwrite its bytes right after send() to a server that has not answered the greeting yet', async () => {
  const name = serviceName();
  await start('echo-server', { argument: { name } }).next('listening');
  const echo = keep(Endpoint.connectSync(name));
  const payloads = manyPayloads(40);
  const sent = payloads.map((payload) => {
    const promise = echo.send(payload);
    payload.fill(255);
    return promise;
  });
  for (const number of upTo(40)) expect(stampOf((await echo.recv()).payload)).toBe(number);
  await Promise.all(sent);
});

test('the caller may overwrite its bytes while its message waits for a receiver that takes nothing', async () => {
  const { channel, peer } = await connectPeer('server', { highWaterMark: 100 * KIB });
  const payloads = manyPayloads(60);
  const sent = payloads.map((payload) => {
    const promise = channel.send(payload);
    payload.fill(255);
    return promise;
  });
  expect(channel.bufferedAmount).toBeGreaterThan(0);
  peer.tell('take', { count: 60 });
  expect(await peer.next('taken')).toEqual({ numbers: upTo(60), end: null });
  await Promise.all(sent);
});

test('sending changes no byte of the caller', async () => {
  const echo = await connectEcho();
  const payloads = manyPayloads(40);
  await exchange(echo, payloads);
  expect(payloads.map(stampOf)).toEqual(upTo(40));
});

test('a payload pins at most a few KiB beyond itself', async () => {
  const echo = await connectEcho();
  for (const { payload } of await exchange(echo, manyPayloads(400))) {
    expect(payload.buffer.byteLength - payload.length).toBeLessThanOrEqual(MOST_PINNED);
  }
});

test("the memory around a payload holds nothing of another peer's data", async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const marks = upTo(8).map((index) => 0xa0 + index);
  const clients = await Promise.all(marks.map(() => Endpoint.connect(listener.name)));
  clients.forEach(keep);
  const small = sizes.filter((size) => size <= 10_000);
  const traffic = clients.map(async (client, index) => {
    for (const number of upTo(200)) await client.send(Buffer.alloc(small[number % small.length]!, marks[index]));
  });
  const foreign: string[] = [];
  for (let taken = 0; taken < 200 * clients.length; taken += 1) {
    const { payload } = (await listener.accept()).message;
    const mark = payload[0]!;
    const around = Buffer.from(payload.buffer);
    // A client's first small payloads may lie beside what it said in greeting.
    const isOwn = (byte: number): boolean => byte === mark || byte === 0 || (around.includes('gips\r\n') && byte < 0x80);
    if (!marks.includes(mark) || !around.every(isOwn)) foreign.push(`message ${taken} of ${payload.length} bytes`);
  }
  await Promise.all(traffic);
  expect(foreign).toEqual([]);
});

test('one payload cannot be transferred away from under the others', async () => {
  const echo = await connectEcho();
  const messages = await exchange(echo, manyPayloads(200));
  const payloads = messages.map(({ payload }) => payload);
  const { port1, port2 } = new MessageChannel();
  for (const { buffer } of payloads.filter((_, index) => index % 3 === 0)) {
    try {
      port1.postMessage(buffer, [buffer as ArrayBuffer]);
    } catch {
      // Newer versions of Node refuse it, older ones copy.
    }
  }
  port1.close();
  port2.close();
  expect(payloads.map(stampOf).filter((_, index) => index % 3 !== 0)).toEqual(upTo(200).filter((number) => number % 3 !== 0));
  // The channel goes on using what the transfer was refused for.
  expect((await exchange(echo, manyPayloads(100))).map(({ payload }) => stampOf(payload))).toEqual(upTo(100));
});

test('a payload of some KiB that is kept does not pin those that came with it', async () => {
  const echo = await connectEcho();
  const kept: Message[] = [];
  for (let round = 0; round < 30; round += 1) {
    const messages = await exchange(
      echo,
      upTo(100).map((number) => stamped(number, 8000)),
    );
    kept.push(messages[50]!);
  }
  const pinned = new Set(kept.map(({ payload }) => payload.buffer));
  const total = [...pinned].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(total).toBeLessThanOrEqual(kept.length * (8000 + MOST_PINNED));
});
