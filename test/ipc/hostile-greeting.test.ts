import { Endpoint } from 'gips';

import { Kind } from '#lib/native/binding.js';
import { native } from '#lib/native/index.js';

import { first, frame, MAX_OBJECTS } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { eventually } from '../support/deadline.js';
import { hello, message, refused, welcome } from '../support/greetings.js';
import { bareObjects, OTHER_HANDLES } from '../support/platform.js';
import { descriptorCount } from '../support/processes.js';
import { Victim } from '../support/victim.js';

/** Long enough for a bare peer to do what it is told, short enough to wait for. */
const GREETING_TIMEOUT = 400;
/** Where REFUSED has its reason. */
const REASON_OFFSET = 16;

let victim: Victim;
beforeAll(async () => (victim = await Victim.start({ options: { wire: 'gips', greetingTimeout: GREETING_TIMEOUT } })));
afterAll(() => victim.leave());

async function expectRejection(peer: BarePeer, code: string): Promise<void> {
  expect(await victim.rejectionOf(peer)).toBe(code);
  await peer.receiveEnd();
  await victim.expectUnharmed();
}

/** What a HELLO looks like that says `name` of `length` bytes. */
function helloWithName(name: Uint8Array, length = name.length): Buffer {
  const bytes = Buffer.concat([hello('x').subarray(0, -1), name]);
  bytes.writeUInt32LE(24 + name.length, 4);
  bytes.writeUInt16LE(length, 16 + 10);
  return bytes;
}

describe('a client is turned away, and nobody else, when it begins with', () => {
  test.each([
    ['garbage', () => Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a datagram of zero bytes', () => Buffer.alloc(0)],
    ['one byte', () => Buffer.of(Kind.HELLO)],
    ['half a HELLO', () => hello(victim.name).subarray(0, 20)],
    ['a HELLO without its last byte', () => hello(victim.name).subarray(0, -1)],
    ['another magic', () => Buffer.from(hello(victim.name).fill('GIPS', 16, 20))],
    ['a HELLO of 60 KiB', () => frame(Kind.HELLO, { payload: Buffer.concat([hello('x').subarray(16), Buffer.alloc(60_000)]) })],
    ['a HELLO without a name', () => helloWithName(Buffer.alloc(0))],
    ['a name longer than the HELLO', () => helloWithName(Buffer.from('abc'), 65_535)],
    ['a name shorter than the HELLO says', () => helloWithName(Buffer.from('abc'), 2)],
    ['a name of 101 bytes', () => helloWithName(Buffer.alloc(101, 'a'))],
    ['a name that is no UTF-8', () => helloWithName(Buffer.of(0xff, 0xfe))],
    ['a name with a NUL', () => helloWithName(Buffer.from('a\0b'))],
    ['a window of 0', () => hello(victim.name, { window: 0 })],
    ['messages of at most 0 bytes', () => hello(victim.name, { maxMessageSize: 0 })],
    ['a WELCOME', () => welcome()],
    ['a REFUSED', () => refused(1)],
    ['a message', () => message('hello')],
    ['a fragment', () => Buffer.from(first().bytes)],
    ['a PING', () => frame(Kind.PING)],
    ['a goodbye', () => frame(Kind.GOODBYE)],
  ])('%s', async (_, bytes) => {
    const peer = await BarePeer.connect(victim.name);
    await peer.send(bytes());
    await expectRejection(peer, 'EBADMSG');
  });

  bareObjects.describe('more than bytes:', () => {
    test.each([
      ['a HELLO that speaks of them', () => frame(Kind.HELLO, { objects: MAX_OBJECTS, payload: hello(victim.name).subarray(16) })],
      ['a HELLO that speaks of none', () => hello(victim.name)],
      ['garbage', () => Buffer.from('garbage')],
      ['zero bytes', () => Buffer.alloc(0)],
    ])('253 descriptors with %s', async (_, bytes) => {
      const peer = await BarePeer.connect(victim.name);
      await peer.send(bytes(), MAX_OBJECTS);
      await expectRejection(peer, 'EBADMSG');
    });
  });

  test('a version that this server does not speak, and is told so', async () => {
    const peer = await BarePeer.connect(victim.name);
    await peer.send(hello(victim.name, { lowestVersion: 2, highestVersion: 9 }));
    expect((await peer.receive()).bytes[REASON_OFFSET]).toBe(3);
    await expectRejection(peer, 'ERR_GIPS_UNSUPPORTED');
  });

  test('nothing at all until the time for that is over', async () => {
    const peer = await BarePeer.connect(victim.name);
    await expectRejection(peer, 'ETIMEDOUT');
  });
});

test('a client may offer versions and features to come, and is served without', async () => {
  const peer = await BarePeer.connect(victim.name);
  await peer.send(hello(victim.name, { highestVersion: 7, features: 2 ** 32 - 1 }));
  // Windows adds what handles are passed by.
  const expected = welcome({ features: native.features });
  expect((await peer.receive()).bytes.subarray(0, expected.length)).toEqual(expected);
  await peer.close();
  await victim.expectUnharmed();
});

test('a client that puts something behind its HELLO that is no frame is greeted and cut off', async () => {
  const peer = await BarePeer.connect(victim.name);
  await peer.send(Buffer.concat([hello(victim.name), Buffer.of(0)]));
  expect(await victim.endOf(peer)).toBe('EBADMSG');
  await victim.expectUnharmed();
});

test('whoever leaves without a word is not even mentioned', async () => {
  const peer = await BarePeer.connect(victim.name);
  await peer.close();
  await victim.expectUnharmed();
  const garbler = await BarePeer.connect(victim.name);
  await garbler.send(Buffer.from('x'));
  await expectRejection(garbler, 'EBADMSG');
  await expect(victim.server.next(`rejected ${peer.pid}`, 0)).rejects.toThrow('in vain');
});

test('a thousand clients at once who say nothing keep nobody from being served, and are gone when their time is over', async () => {
  const [silent, restless] = [new BarePeer(), new BarePeer()];
  const before = descriptorCount(victim.server.pid);
  const crowd = Promise.all([silent.connectMany(victim.name, 1_000), restless.connectMany(victim.name, 500).then(() => restless.close())]);
  const newcomer = await Endpoint.connect(victim.name);
  for (let round = 0; round < 50; round += 1) {
    await victim.expectEcho();
    await newcomer.send('hello');
    expect((await newcomer.recv()).text()).toBe('hello');
  }
  await crowd;
  await newcomer.close();
  for (let count = 0; count < 1_000; count += 1) expect(await victim.rejectionOf(silent)).toBe('ETIMEDOUT');
  await eventually(() => expect(descriptorCount(victim.server.pid)).toBeLessThanOrEqual(before + OTHER_HANDLES));
  await victim.expectUnharmed();
});

test('after all that the server does nothing, and is hardly larger', async () => {
  await victim.expectIdle();
  victim.expectMemoryBelow(32);
});
