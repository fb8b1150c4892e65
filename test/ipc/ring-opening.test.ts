/** What is sent before a ring is there, while it opens and afterwards arrives in order. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Channel, type Connection, Endpoint, Listener } from 'gips';

import { numbered } from '../programs/numbered.mjs';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { within } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { atOpening, newsOf, opened } from '../support/rings.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** More than a socket holds. */
const LARGE = 16 * MIB;

interface Meeting {
  name: string;
  endpoint: Endpoint;
  connection: Promise<Connection>;
}

/** A client that has just been welcomed: nobody has offered a ring that the other one has seen. */
async function meet(size = 64 * KIB): Promise<Meeting> {
  const name = serviceName();
  const listener = keep(await Listener.bind(name));
  const connection = firstClient(listener).then(keep);
  return { name, endpoint: keep(await Endpoint.connect(name, { ring: { size } })), connection };
}

/** Sends numbered messages from now until the ring has been open for a while, in bursts. Returns how many were sent without the ring, and how many in all. */
async function sendAcross(channel: Channel, isOpen: () => boolean): Promise<{ before: number; total: number }> {
  let before = 0;
  let total = 0;
  for (let burst = 0; burst < 40; burst += isOpen() ? 1 : 0) {
    for (let each = 0; each < 25; each += 1) {
      if (!isOpen()) before += 1;
      void channel.send(numbered(total++));
    }
    await channel.flush();
    await nextTurn();
  }
  await channel.send('end');
  return { before, total };
}

/** Receives them; returns how many came, each in its place. */
async function receiveAcross(channel: Channel): Promise<number> {
  for (let number = 0; ; number += 1) {
    const { payload } = await channel.recv();
    if (payload.toString() === 'end') return number;
    if (!payload.equals(numbered(number))) throw new Error(`something else came in the place of message ${number}`);
  }
}

describe.each([4 * KIB, 256 * KIB])('messages keep their order while a ring of %i bytes opens', (size) => {
  test('both ways at once', async () => {
    const { name, endpoint, connection } = await meet(size);
    const up = sendAcross(endpoint, () => newsOf('client', name).length > 0);
    const other = await connection;
    const down = sendAcross(other, () => newsOf('server', name).length > 0);
    const received = await within(Promise.all([receiveAcross(other), receiveAcross(endpoint)]), 'all messages');
    const sent = await Promise.all([up, down]);
    expect(received).toEqual(sent.map(({ total }) => total));
    for (const { before, total } of sent) {
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(total);
    }
    await opened(name);
  });

  test('from a client that has said much before it was welcomed', async () => {
    const name = serviceName();
    const listener = keep(Listener.bindSync(name));
    const endpoint = keep(Endpoint.connectSync(name, { ring: { size } }));
    const early = 100;
    for (let number = 0; number < early; number += 1) expect(endpoint.trySend(numbered(number))).toBe(true);
    const connection = keep(await firstClient(listener));
    // The first asynchronous use, from which on it can have a ring.
    void endpoint.closed;
    await opened(name);
    for (let number = early; number < 2 * early; number += 1) await endpoint.send(numbered(number));
    await endpoint.send('end');
    expect(await receiveAcross(connection)).toBe(2 * early);
  });
});

describe('a large message of which half is sent when the ring opens is whole, and before what is sent after it', () => {
  async function expectInOrder(channel: Channel, count: number): Promise<void> {
    for (let number = 0; number < count; number += 1) expect(stampOf((await channel.recv()).payload)).toBe(number);
  }

  test('from the client', async () => {
    const { name, endpoint, connection } = await meet();
    const left: number[] = [];
    atOpening('client', name, () => left.push(endpoint.bufferedAmount));
    const sent = [endpoint.send(stamped(0, LARGE)), endpoint.send(stamped(1, 100))];
    const there = await connection;
    await expectInOrder(there, 2);
    await Promise.all(sent);
    await endpoint.send(stamped(2, LARGE));
    void endpoint.send(stamped(0, 100));
    expect(stampOf((await there.recv()).payload)).toBe(2);
    await expectInOrder(there, 1);
    expect(left).toEqual([expect.any(Number)]);
    expect(left[0]).toBeGreaterThan(MIB);
    expect(left[0]).toBeLessThan(LARGE);
    await opened(name);
  });

  test('from the server', async () => {
    const { name, endpoint, connection } = await meet();
    const there = await connection;
    const left: number[] = [];
    const sent: Promise<void>[] = [];
    // The client has accepted the server's half, and the server does not know yet.
    atOpening('client', name, () => sent.push(there.send(stamped(0, LARGE)), there.send(stamped(1, 100))));
    atOpening('server', name, () => left.push(there.bufferedAmount));
    await expectInOrder(endpoint, 2);
    await Promise.all(sent);
    expect(left).toEqual([expect.any(Number)]);
    expect(left[0]).toBeGreaterThan(MIB);
    expect(left[0]).toBeLessThan(LARGE);
    await opened(name);
  });
});
