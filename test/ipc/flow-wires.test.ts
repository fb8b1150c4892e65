import { Endpoint, Listener, type Pod } from 'gips';
import { Kind } from '#lib/native/binding.js';
import { frame } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { hello } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPeer, firstClient } from '../support/peer.js';
import { bareObjects } from '../support/platform.js';
import { start } from '../support/processes.js';

const MAGIC = Buffer.from('gips\r\n\x1a\n', 'latin1');

/** Payloads that could be taken for something else by a reader who looks at the wrong moment. */
function lookAlikes(name: string): { what: string; payload: Buffer }[] {
  return [
    { what: 'the magic', payload: MAGIC },
    { what: 'a HELLO packet', payload: hello(name) },
    { what: 'a HELLO payload', payload: hello(name).subarray(16) },
    { what: 'a GOODBYE frame', payload: frame(Kind.GOODBYE) },
    { what: 'a REFUSED frame', payload: frame(Kind.REFUSED, { payload: Buffer.of(1) }) },
    { what: 'a WINDOW frame', payload: frame(Kind.WINDOW, { correlation: 2 ** 40 }) },
    { what: 'two MESSAGE frames', payload: Buffer.concat([frame(Kind.MESSAGE), frame(Kind.MESSAGE)]) },
    { what: 'a frame that claims objects', payload: frame(Kind.MESSAGE, { objects: 3 }) },
  ];
}

describe('a payload that looks like', () => {
  test.each(lookAlikes('x'))('$what is a payload like any other', async ({ payload }) => {
    const name = serviceName();
    await start('echo-server', { argument: { name } }).next('listening');
    const endpoint = keep(await Endpoint.connect(name));
    for (const copy of [payload, Buffer.alloc(70_000, payload)]) {
      await endpoint.send(copy);
      expect((await endpoint.recv()).payload.equals(copy)).toBe(true);
    }
  });
});

test('empty payloads arrive both ways, each as a message of its own', async () => {
  const { channel, peer } = await connectPeer('server');
  const name = serviceName();
  await start('echo-server', { argument: { name } }).next('listening');
  const endpoint = keep(await Endpoint.connect(name));
  const payloads = ['', 'a', '', '', new Uint8Array(0), new ArrayBuffer(0), 'b', Buffer.alloc(0), ''];
  const sent = Promise.all(payloads.map((payload) => endpoint.send(payload)));
  const texts: string[] = [];
  while (texts.length < payloads.length) {
    const { payload } = await endpoint.recv();
    expect(Buffer.isBuffer(payload)).toBe(true);
    texts.push(payload.toString());
  }
  await sent;
  expect(texts).toEqual(['', 'a', '', '', '', '', 'b', '', '']);
  peer.tell('close');
  await expect(channel.recv()).rejects.toThrow(errorLike({ code: 'EPIPE' }));
});

describe('a listener of both wires', () => {
  let listener: Listener;

  beforeEach(async () => {
    listener = keep(await Listener.bind(serviceName()));
  });

  /** Answers so many messages in capitals. */
  async function answer(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const pod = await listener.accept();
      await pod.reply(pod.message.text().toUpperCase());
    }
  }

  test('serves a raw client and a framed one at once', async () => {
    const raw = await BarePeer.connect(listener.name);
    const framed = keep(await Endpoint.connect(listener.name));
    const served = answer(6);
    for (const text of ['one', 'two', 'three']) {
      await raw.send(Buffer.from(text));
      await framed.send(text);
      expect((await raw.receive()).bytes.toString()).toBe(text.toUpperCase());
      expect((await framed.recv()).text()).toBe(text.toUpperCase());
    }
    await served;
  });

  test('keeps the boundaries and the order of what a raw client sends', async () => {
    const raw = await BarePeer.connect(listener.name);
    await raw.sendMany(Buffer.from('same'), 100);
    await raw.send(Buffer.from('last'));
    const texts: string[] = [];
    while (texts.at(-1) !== 'last') texts.push((await listener.accept()).message.text());
    expect(texts).toEqual([...Array.from({ length: 100 }, () => 'same'), 'last']);
  });

  test.each(lookAlikes('x').filter(({ what }) => what !== 'a HELLO packet'))(
    'takes $what of a raw client for its first message',
    async ({ payload }) => {
      const raw = await BarePeer.connect(listener.name);
      await raw.send(payload);
      expect((await listener.accept()).message.payload).toEqual(payload);
    },
  );

  test('takes a HELLO packet for a message once the client is a raw one', async () => {
    const raw = await BarePeer.connect(listener.name);
    await raw.send(Buffer.from('raw'));
    await raw.send(hello(listener.name));
    expect((await listener.accept()).message.text()).toBe('raw');
    const pod = await listener.accept();
    expect(pod.message.payload).toEqual(hello(listener.name));
    await pod.reply('understood');
    expect((await raw.receive()).bytes.toString()).toBe('understood');
  });

  bareObjects.test('passes objects of a raw client on, and says EPIPE when it closes', async () => {
    const raw = await BarePeer.connect(listener.name);
    await raw.send(Buffer.from('take these'), 3);
    const connection = await firstClient(listener);
    const { objects } = await connection.recv();
    expect(objects.map(({ kind }) => kind)).toEqual(['fd', 'fd', 'fd']);
    for (const object of objects) object.close();
    await raw.close();
    await expect(connection.recv()).rejects.toThrow(errorLike({ code: 'EPIPE' }));
    expect(await connection.closed).toBeUndefined();
  });

  test.each([1, 2, 15, 16, 24, 65_535, 65_536, 65_537, 65_600, 65_601, 100_000, 150_000])(
    'exchanges payloads of %d bytes with a raw client',
    async (size) => {
      const raw = await BarePeer.connect(listener.name);
      const payload = Buffer.alloc(size, 'x');
      await raw.send(payload);
      const pod = await within(listener.accept(), 'the message');
      expect(pod.message.payload.equals(payload)).toBe(true);
      await pod.reply(payload);
      expect((await raw.receive()).bytes.equals(payload)).toBe(true);
    },
  );
});

test("a listener of wire 'gips' refuses a raw client, and goes on", async () => {
  const listener = keep(await Listener.bind(serviceName(), { wire: 'gips' }));
  const rejected = new Promise<Error>((resolve) => listener.once('rejected', resolve));
  const pod: Promise<Pod> = listener.accept();
  const raw = await BarePeer.connect(listener.name);
  await raw.send(Buffer.from('hello'));
  await raw.receiveEnd();
  expect(await within(rejected, 'the event')).toBeInstanceOf(Error);
  const framed = keep(await Endpoint.connect(listener.name));
  await framed.send('from the framed one');
  expect((await pod).message.text()).toBe('from the framed one');
});
