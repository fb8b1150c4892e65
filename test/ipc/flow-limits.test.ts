import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { IpcObject } from 'gips';
import { stamped } from '../programs/stamped.mjs';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { connectPeer, upTo, type Taken } from '../support/peer.js';

const KIB = 1024;
const MOST_OBJECTS = 253;
/** The number of every message that must not arrive. */
const REFUSED = 99;

function nullDevice(): IpcObject {
  const fd = openSync(devNull, 'r');
  const object = keep(IpcObject.from({ fd }));
  closeSync(fd);
  return object;
}

describe.each([
  { direction: 'from client to server', role: 'server' },
  { direction: 'from server to client', role: 'client' },
] as const)('$direction', ({ role }) => {
  test.each([
    { whose: "the sender's", own: 100 * KIB, peers: 200 * KIB },
    { whose: "the receiver's", own: 200 * KIB, peers: 100 * KIB },
  ])('one byte over $whose maxMessageSize is EMSGSIZE, and the channel lives on', async ({ own, peers }) => {
    const limit = 100 * KIB;
    const { channel, peer } = await connectPeer(role, { maxMessageSize: own }, { maxMessageSize: peers });
    const tooLarge = errorLike({ code: 'EMSGSIZE', message: `${limit + 1} bytes` });
    await channel.send(stamped(0, limit));
    await expect(channel.send(stamped(REFUSED, limit + 1))).rejects.toThrow(tooLarge);
    await expect(channel.send('é'.repeat(limit / 2) + 'x')).rejects.toThrow(tooLarge);
    expect(() => channel.trySend(stamped(REFUSED, limit + 1))).toThrow(tooLarge);
    expect(() => channel.sendSync(stamped(REFUSED, limit + 1))).toThrow(tooLarge);
    await channel.send(stamped(1, limit));
    await channel.flush();
    expect(channel.bufferedAmount).toBe(0);
    await channel.close();
    peer.tell('take');
    expect(await peer.next<Taken>('taken')).toEqual({ numbers: [0, 1], end: 'EPIPE' });
  });

  test('a maxMessageSize below that of one frame holds too', async () => {
    const { channel, peer } = await connectPeer(role, {}, { maxMessageSize: 10 });
    await expect(channel.send(stamped(REFUSED, 11))).rejects.toThrow(errorLike({ code: 'EMSGSIZE' }));
    await channel.send(stamped(0, 10));
    peer.tell('take', { count: 1 });
    expect(await peer.next<Taken>('taken')).toEqual({ numbers: [0], end: null });
  });

  test('253 objects go with one message, 254 are EMSGSIZE, and the channel lives on', async () => {
    const { channel, peer } = await connectPeer(role);
    peer.tell('take');
    const object = nullDevice();
    const tooMany = errorLike({ code: 'EMSGSIZE', message: '253' });
    const most = upTo(MOST_OBJECTS).map(() => object);
    await expect(channel.send(stamped(REFUSED, 8), { objects: [...most, object] })).rejects.toThrow(tooMany);
    expect(() => channel.trySend(stamped(REFUSED, 8), { objects: [...most, object] })).toThrow(tooMany);
    expect(() => channel.sendSync(stamped(REFUSED, 8), { objects: [...most, object] })).toThrow(tooMany);
    await channel.send(stamped(0, 8), { objects: most });
    await channel.send(stamped(1, 100 * KIB), { objects: most.values() });
    await channel.send(stamped(2, 8));
    await channel.close();
    expect(await peer.next<Taken>('taken')).toEqual({ numbers: [0, 1, 2], end: 'EPIPE' });
  });
});
