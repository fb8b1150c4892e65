import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { Endpoint, IpcObject, Listener } from 'gips';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { BarePeer } from '../support/bare-peer.js';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { upTo } from '../support/peer.js';
import { bareObjects } from '../support/platform.js';
import { sendBuffer } from '../support/send-buffer.js';

const MIB = 1024 * 1024;

/** A raw endpoint, and the bare peer that has accepted it. */
async function connectRaw(): Promise<{ endpoint: Endpoint; server: BarePeer }> {
  const name = serviceName();
  const server = await BarePeer.listen(name);
  const endpoint = keep(await Endpoint.connect(name, { wire: 'raw' }));
  await server.accept();
  return { endpoint, server };
}

/** The largest packet that the kernel takes from a channel: unix_dgram_sendmsg keeps 32 bytes of the send buffer. */
function largestPacket(): number {
  return sendBuffer() - 32;
}

describe('a raw endpoint', () => {
  test('speaks bare packets with a server that knows nothing of gips: no greeting, no goodbye', async () => {
    const { endpoint, server } = await connectRaw();
    await endpoint.send('question');
    expect((await server.receive()).bytes.toString()).toBe('question');
    await server.send(Buffer.from('answer'));
    expect((await endpoint.recv()).text()).toBe('answer');
    await endpoint.close();
    expect((await server.receive()).bytes.length).toBe(0);
  });

  test('sends each message as a packet of its own', async () => {
    const { endpoint, server } = await connectRaw();
    await Promise.all(['one', 'two', 'three'].map((text) => endpoint.send(text)));
    expect((await server.receive()).bytes.toString()).toBe('one');
    expect((await server.receive()).bytes.toString()).toBe('two');
    expect((await server.receive()).bytes.toString()).toBe('three');
  });

  bareObjects.test('passes objects both ways', async () => {
    const { endpoint, server } = await connectRaw();
    const fd = openSync(devNull, 'r');
    const object = keep(IpcObject.from({ fd }));
    closeSync(fd);
    await endpoint.send('with two', { objects: [object, object] });
    expect(await server.receive()).toEqual({ bytes: Buffer.from('with two'), descriptors: 2 });
    await server.send(Buffer.from('with one'), 1);
    const { objects } = await endpoint.recv();
    expect(objects.length).toBe(1);
    for (const received of objects) received.close();
  });

  test('fails for an empty payload, before anything is sent', async () => {
    const { endpoint, server } = await connectRaw();
    const empty = errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'empty' });
    await expect(endpoint.send('')).rejects.toThrow(empty);
    await expect(endpoint.send(new Uint8Array(0))).rejects.toThrow(empty);
    expect(() => endpoint.trySend('')).toThrow(empty);
    expect(() => endpoint.sendSync('')).toThrow(empty);
    await endpoint.send('not empty');
    expect((await server.receive()).bytes.toString()).toBe('not empty');
  });

  test('fails with EMSGSIZE for what the kernel does not take in one packet, before anything is sent', async () => {
    const { endpoint, server } = await connectRaw();
    const tooLarge = errorLike({ code: 'EMSGSIZE' });
    for (const size of [largestPacket() + 1, 3 * MIB]) {
      const payload = Buffer.alloc(size);
      await expect(endpoint.send(payload)).rejects.toThrow(tooLarge);
      expect(() => endpoint.trySend(payload)).toThrow(tooLarge);
      expect(() => endpoint.sendSync(payload)).toThrow(tooLarge);
    }
    await endpoint.send('small');
    expect((await server.receive()).bytes.toString()).toBe('small');
  });

  test.each([65_536, 65_537, 200_000, 300_000])('exchanges payloads of %d bytes', async (size) => {
    const { endpoint, server } = await connectRaw();
    const payload = stamped(1, size);
    const sent = endpoint.send(payload);
    expect((await server.receive()).bytes.equals(payload)).toBe(true);
    await sent;
    if (size > 200_000) return; // The bare peer's own send buffer is the system's default.
    await server.send(payload);
    expect((await endpoint.recv()).payload.equals(payload)).toBe(true);
  });

  test('sends the largest packet that the kernel takes', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    const endpoint = keep(await Endpoint.connect(listener.name, { wire: 'raw' }));
    await endpoint.send(stamped(1, largestPacket()));
    expect(stampOf((await listener.accept()).message.payload)).toBe(1);
  });

  test('ends with EPIPE when the server closes, after what it had sent', async () => {
    const { endpoint, server } = await connectRaw();
    await server.send(Buffer.from('last'));
    await server.close();
    expect((await endpoint.recv()).text()).toBe('last');
    await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'EPIPE' }));
    await expect(endpoint.send('x')).rejects.toThrow(errorLike({ code: 'EPIPE' }));
  });

  test('is admitted by a listener of both wires, and loses nothing while either side is slow', async () => {
    const listener = keep(await Listener.bind(serviceName(), { highWaterMark: 65_536 }));
    const endpoint = keep(await Endpoint.connect(listener.name, { wire: 'raw', highWaterMark: 65_536 }));
    const sending = (async () => {
      for (const number of upTo(500)) await endpoint.send(stamped(number, 10_000 + number));
    })();
    await eventually(() => expect(endpoint.bufferedAmount).toBeGreaterThanOrEqual(65_536));
    const numbers: number[] = [];
    while (numbers.length < 500) numbers.push(stampOf((await listener.accept()).message.payload));
    await sending;
    expect(numbers).toEqual(upTo(500));
  });
});

test("what a raw client sends waits in the system while its listener's inbox is full", async () => {
  const listener = keep(await Listener.bind(serviceName(), { highWaterMark: 65_536 }));
  const raw = await BarePeer.connect(listener.name);
  const sending = raw.sendMany(stamped(0, 10_000), 500);
  let isSent = false;
  void sending.then(() => (isSent = true));
  await new Promise((resolve) => listener.once('connection', resolve));
  expect(listener.stats.bytesReceived).toBeLessThan(5_000_000);
  for (let taken = 0; taken < 500; taken += 1) {
    expect(stampOf((await listener.accept()).message.payload)).toBe(0);
    if (taken < 100) expect(isSent).toBe(false);
  }
  await sending;
});
