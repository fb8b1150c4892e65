/** What is no message passes messages that wait: towards a full inbox, and out of a queue that waits for credit. */
import { type Connection, Listener } from 'gips';
import { Kind } from '#lib/native/binding.js';
import { frame } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { hello, message } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { bareObjects } from '../support/platform.js';

const KIB = 1024;
const WINDOW = 64 * KIB;
const SIZE = 4 * KIB;
/** As many messages as start before the window is used up. */
const COUNT = Math.ceil(WINDOW / (SIZE + 64));

interface Frame {
  kind: number;
  correlation: number;
  payload: Buffer;
}

/** What Windows has with the first packet of each side, to pass handles by. */
const HANDLES = 17;

function framesOf(packet: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < packet.length;) {
    const end = at + 16 + packet.readUInt32LE(at + 4);
    frames.push({
      kind: packet.readUInt8(at),
      correlation: Number(packet.readBigUInt64LE(at + 8)),
      payload: packet.subarray(at + 16, end),
    });
    at = end;
  }
  return frames.filter(({ kind }) => kind !== HANDLES);
}

/** A client that speaks the protocol packet by packet, and has been welcomed. */
async function connectWire(name: string): Promise<BarePeer> {
  const peer = await BarePeer.connect(name);
  await peer.send(hello(name, { window: WINDOW }));
  expect(framesOf((await peer.receive()).bytes).map(({ kind }) => kind)).toEqual([Kind.WELCOME]);
  return peer;
}

/** The next frame of this kind, and those that came before it. */
async function receiveUntil(peer: BarePeer, kind: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  while (!frames.some((received) => received.kind === kind)) frames.push(...framesOf((await peer.receive()).bytes));
  return frames;
}

describe('while the inbox is full', () => {
  let connection: Connection;
  let peer: BarePeer;

  beforeEach(async () => {
    const listener = keep(await Listener.bind(serviceName(), { highWaterMark: WINDOW }));
    peer = await connectWire(listener.name);
    connection = await firstClient(listener);
    await peer.sendMany(message(Buffer.alloc(SIZE)), COUNT);
    await eventually(() => expect(connection.stats.messagesReceived).toBe(COUNT));
  });

  async function expectAllTaken(): Promise<void> {
    for (let taken = 0; taken < COUNT; taken += 1) expect((await connection.recv()).payload.length).toBe(SIZE);
  }

  test('a PING is answered', async () => {
    await peer.send(frame(Kind.PING, { correlation: 7 }));
    expect(framesOf((await peer.receive()).bytes)).toMatchObject([{ kind: Kind.PONG, correlation: 7 }]);
    await expectAllTaken();
  });

  test('replies, failures and cancellations that come too late are let in and dropped', async () => {
    await peer.send(frame(Kind.REPLY, { correlation: 1, payload: Buffer.alloc(1000) }));
    await peer.send(frame(Kind.FAILURE, { correlation: 2, payload: Buffer.from('\u0001no') }));
    await peer.send(frame(Kind.CANCEL, { correlation: 3 }));
    await peer.send(frame(Kind.PONG, { correlation: 4 }));
    await peer.send(frame(Kind.PING, { correlation: 5 }));
    expect(framesOf((await peer.receive()).bytes)).toMatchObject([{ kind: Kind.PONG, correlation: 5 }]);
    await expectAllTaken();
  });

  bareObjects.test('the objects of a reply nobody waits for are closed', async () => {
    await peer.send(frame(Kind.REPLY, { correlation: 1, objects: 3 }), 3);
    await peer.send(frame(Kind.PING, { correlation: 1 }));
    await receiveUntil(peer, Kind.PONG);
    await expectAllTaken();
  });

  test('a goodbye is heard, and what came before it is still taken', async () => {
    await peer.send(frame(Kind.GOODBYE));
    expect(await within(connection.closed, 'the end')).toBeUndefined();
    await expectAllTaken();
    await expect(connection.recv()).rejects.toThrow(errorLike({ code: 'EPIPE' }));
  });

  test('the end of a peer that crashes is noticed, and what came before it is still taken', async () => {
    await peer.kill();
    expect(await within(connection.closed, 'the end')).toEqual(errorLike({ code: 'ECONNRESET' }));
    await expectAllTaken();
    await expect(connection.recv()).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
  });

  test('a further message breaks the protocol', async () => {
    await peer.send(message());
    expect(await within(connection.closed, 'the end')).toEqual(errorLike({ code: 'EBADMSG' }));
    await expectAllTaken();
    await expect(connection.recv()).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
  });

  test('taking messages grants their cost again', async () => {
    await expectAllTaken();
    const granted = (await receiveUntil(peer, Kind.WINDOW)).filter(({ kind }) => kind === Kind.WINDOW);
    const sum = granted.reduce((total, { correlation }) => total + correlation, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(COUNT * (SIZE + 64));
    await peer.send(message('after that'));
    expect((await connection.recv()).text()).toBe('after that');
  });
});

describe('while messages wait for credit', () => {
  let listener: Listener;
  let peer: BarePeer;

  beforeEach(async () => {
    listener = keep(await Listener.bind(serviceName(), { highWaterMark: WINDOW }));
    peer = await connectWire(listener.name);
  });

  /** Sends more than the peer lets come, and lets the peer receive what does. */
  async function exhaustCredit(connection: Connection): Promise<void> {
    for (let sent = 0; sent < COUNT; sent += 1) await connection.send(Buffer.alloc(SIZE));
    void connection.send('waits for credit');
    let received = 0;
    while (received < COUNT) received += framesOf((await peer.receive()).bytes).length;
    expect(connection.bufferedAmount).toBeGreaterThan(0);
  }

  test('a PONG passes them', async () => {
    const connection = await firstClient(listener);
    await exhaustCredit(connection);
    await peer.send(frame(Kind.PING, { correlation: 9 }));
    expect(framesOf((await peer.receive()).bytes)).toMatchObject([{ kind: Kind.PONG, correlation: 9 }]);
  });

  test('a reply passes them, a large one too', async () => {
    const first = (await Promise.all([listener.accept(), peer.send(message('first'))]))[0];
    await exhaustCredit(first.connection);
    for (const [correlation, size] of [
      [11, 100],
      [12, 100 * KIB],
    ] as const) {
      const [pod] = await Promise.all([listener.accept(), peer.send(frame(Kind.REQUEST, { correlation }))]);
      await pod.reply(Buffer.alloc(size, 'r'));
    }
    const frames = await receiveUntil(peer, Kind.FRAGMENT);
    expect(frames).toMatchObject([
      { kind: Kind.REPLY, correlation: 11 },
      { kind: Kind.FRAGMENT, correlation: 12 },
    ]);
    expect(framesOf((await peer.receive()).bytes)).toMatchObject([{ kind: Kind.FRAGMENT, correlation: 12 }]);
  });

  test('a credit of the peer lets them go', async () => {
    const connection = await firstClient(listener);
    await exhaustCredit(connection);
    await peer.send(frame(Kind.WINDOW, { correlation: COUNT * (SIZE + 64) }));
    expect(framesOf((await peer.receive()).bytes).map(({ payload }) => payload.toString())).toEqual(['waits for credit']);
    expect(connection.bufferedAmount).toBe(0);
  });

  test('a credit that does not reach 0 lets nothing go', async () => {
    const connection = await firstClient(listener);
    await exhaustCredit(connection);
    const overdrawn = COUNT * (SIZE + 64) - WINDOW;
    await peer.send(frame(Kind.WINDOW, { correlation: overdrawn }));
    await peer.send(frame(Kind.PING, { correlation: 1 }));
    expect(framesOf((await peer.receive()).bytes)).toMatchObject([{ kind: Kind.PONG }]);
    expect(connection.bufferedAmount).toBeGreaterThan(0);
    await peer.send(frame(Kind.WINDOW, { correlation: 1 }));
    expect(framesOf((await peer.receive()).bytes)).toMatchObject([{ kind: Kind.MESSAGE }]);
  });
});
