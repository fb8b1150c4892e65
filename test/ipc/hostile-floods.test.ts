import { Kind } from '#lib/native/binding.js';

import { first, frame, MAX_OBJECTS, more } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { message } from '../support/greetings.js';
import { bareObjects } from '../support/platform.js';
import { descriptorCount } from '../support/processes.js';
import { Victim } from '../support/victim.js';

const MEBIBYTE = 1024 * 1024;
const GONE = /^(EPIPE|ECONNRESET)$/;

/** As many of these frames as go into one packet. */
function packed(bytes: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: Math.floor(65_536 / bytes.length) }, () => bytes));
}

/** What became of a flood: 'sent', or the error that stopped it. */
async function outcome(flood: Promise<void>): Promise<string> {
  return flood.then(
    () => 'sent',
    (error: { code: string }) => error.code,
  );
}

describe.each(['pods', 'connections'] as const)('a server that takes %s', (takes) => {
  let victim: Victim;
  beforeAll(async () => (victim = await Victim.start({ takes })));
  afterAll(() => victim.leave());

  test('goes on through a flood of PINGs whose answers nobody reads', async () => {
    const peer = await victim.admit();
    const flood = outcome(peer.sendMany(packed(frame(Kind.PING)), 50));
    for (let round = 0; round < 20; round += 1) await victim.expectEcho();
    expect(await flood).toBe('sent');
    victim.expectMemoryBelow(16);
    await peer.close();
    expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectUnharmed();
  });

  test('goes on through a flood of requests whose answers nobody reads', async () => {
    const peer = await victim.admit();
    const request = frame(Kind.REQUEST, { correlation: 1, payload: Buffer.alloc(1_000) });
    const flood = outcome(peer.sendMany(packed(request), 1500));
    for (let round = 0; round < 20; round += 1) await victim.expectEcho();
    // Whoever reads no answers does not hear either that he may ask no more.
    expect(await flood).toMatch(/^(sent|EPIPE|ECONNRESET)$/);
    // Kept, they would be 96 MiB and more. Of this, 16 are the engine's young generation, should it grow meanwhile.
    victim.expectMemoryBelow(40);
    await peer.close();
    await victim.endOf(peer);
    await victim.expectUnharmed();
  });

  test('goes on through a flood of frames that mean nothing to it', async () => {
    const peer = await victim.admit();
    const frames = [
      frame(Kind.REPLY, { correlation: 1 }),
      frame(Kind.CANCEL, { correlation: 2 }),
      frame(Kind.PONG),
      frame(Kind.WINDOW, { correlation: 1 }),
    ];
    const flood = outcome(peer.sendMany(packed(Buffer.concat(frames)), 100));
    for (let round = 0; round < 20; round += 1) await victim.expectEcho();
    expect(await flood).toBe('sent');
    victim.expectMemoryBelow(28); // of it 16 are the engine's young generation, should it grow meanwhile
    await peer.close();
    await victim.endOf(peer);
    await victim.expectUnharmed();
  });

  test('serves the others while a raw client sends without end and reads nothing', async () => {
    const peer = await BarePeer.connect(victim.name);
    const flood = outcome(peer.sendMany(Buffer.alloc(50_000), 1_000_000));
    await victim.connectionOf(peer);
    for (let round = 0; round < 20; round += 1) await victim.expectEcho();
    victim.expectMemoryBelow(24);
    await peer.kill();
    await flood.catch(() => {});
    expect(await victim.endOf(peer)).toMatch(/^(goodbye|ECONNRESET)$/);
    await victim.expectUnharmed();
  });

  test('needs no memory for what is announced and never comes', async () => {
    const peers = await Promise.all(Array.from({ length: 10 }, () => victim.admit()));
    const { bytes } = first({ total: 64 * MEBIBYTE });
    await Promise.all(peers.map((peer) => peer.send(bytes)));
    for (let round = 0; round < 20; round += 1) await victim.expectEcho();
    victim.expectMemoryBelow(24);
    await Promise.all(peers.map((peer) => peer.close()));
    for (const peer of peers) expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectUnharmed();
  });

  test('serves the others while a message comes byte by byte', async () => {
    const peer = await victim.admit();
    await peer.send(first({ total: 64 * MEBIBYTE }).bytes);
    const flood = outcome(peer.sendMany(packed(Buffer.from(more(1).bytes)), 20));
    for (let round = 0; round < 20; round += 1) await victim.expectEcho();
    expect(await flood).toBe('sent');
    await peer.kill();
    expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectUnharmed();
  });

  test('does nothing when all that is over, and is hardly larger', async () => {
    await victim.expectIdle();
    victim.expectMemoryBelow(32);
  });
});

describe('a client whose messages nobody takes is cut off when it sends', () => {
  let victim: Victim;
  beforeAll(async () => (victim = await Victim.start({ takes: 'connections' })));
  afterAll(() => victim.leave());

  async function ignoredPeer(): Promise<BarePeer> {
    const peer = await victim.admit();
    await peer.send(message('ignore me'));
    return peer;
  }

  test('more bytes than it has been allowed to', async () => {
    const peer = await ignoredPeer();
    expect(await outcome(peer.sendMany(message(Buffer.alloc(65_536)), 100))).toMatch(GONE);
    expect(await victim.endOf(peer)).toBe('EBADMSG');
    victim.expectMemoryBelow(16);
    await victim.expectUnharmed();
  });

  test('more empty messages than it has been allowed to', async () => {
    const peer = await ignoredPeer();
    expect(await outcome(peer.sendMany(packed(message()), 100))).toMatch(GONE);
    expect(await victim.endOf(peer)).toBe('EBADMSG');
    victim.expectMemoryBelow(16);
    await victim.expectUnharmed();
  });

  bareObjects.test('more descriptors than it has been allowed to, and only those are kept', async () => {
    const peer = await ignoredPeer();
    const packet = frame(Kind.MESSAGE, { objects: MAX_OBJECTS });
    const flood = async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) await peer.send(packet, MAX_OBJECTS);
    };
    // All of it, or as much as the system allows, may be on its way before the server looks at any of it.
    expect(await outcome(flood())).toMatch(/^(sent|EPIPE|ECONNRESET|ETOOMANYREFS)$/);
    expect(await victim.endOf(peer)).toBe('EBADMSG');
    expect(descriptorCount(victim.server.pid)).toBeLessThan(3 * MAX_OBJECTS);
  });

  test('nothing of that stays', async () => {
    const peer = await ignoredPeer();
    await peer.close();
    expect(await victim.endOf(peer)).toBe('ECONNRESET');
    await victim.expectIdle();
  });
});
