/** Frames that are good in themselves, but not from that side at that time: `outOfPlace` of test/vectors/wire-v1.json. */
import { readFileSync } from 'node:fs';

import { type Connection, Endpoint, Listener } from 'gips';

import { BarePeer } from '../support/bare-peer.js';
import { within } from '../support/deadline.js';
import { serviceName } from '../support/names.js';

interface Misplaced {
  reason: string;
  packet: string;
}

const { frames, outOfPlace } = JSON.parse(readFileSync(new URL('../vectors/wire-v1.json', import.meta.url), 'utf8')) as {
  frames: { kind: string; packet: string }[];
  outOfPlace: Record<'fromAdmittedClient' | 'fromServerAfterWelcome' | 'fromServerFirst', Misplaced[]>;
};

/** The vector of this kind. */
function bytesOf(kind: string): Buffer {
  return Buffer.from(frames.find((frame) => frame.kind === kind)!.packet, 'hex');
}

const brokenProtocol = expect.objectContaining({ code: 'EBADMSG' });

test.each(outOfPlace.fromAdmittedClient)('$reason: an admitted client that sends it is cut off', async ({ packet }) => {
  const listener = await Listener.bind(serviceName());
  const client = await BarePeer.connect(listener.name);
  await client.send(bytesOf('HELLO'));
  await client.receive();
  const { value } = await listener.connections().next();
  const connection = value as Connection;
  await client.send(Buffer.from(packet, 'hex'));
  expect(await within(connection.closed, 'the end of the connection')).toEqual(brokenProtocol);
  await client.receiveEnd();
  await listener.close();
});

describe('a server that sends it', () => {
  let server: BarePeer;
  let connecting: Promise<Endpoint>;

  beforeEach(async () => {
    const name = serviceName();
    server = await BarePeer.listen(name);
    connecting = Endpoint.connect(name);
    // Each test awaits it in its own time.
    connecting.catch(() => {});
    await server.accept();
    await server.receive();
  });

  test.each(outOfPlace.fromServerFirst)('$reason: is none', async ({ packet }) => {
    await server.send(Buffer.from(packet, 'hex'));
    await expect(connecting).rejects.toEqual(brokenProtocol);
  });

  test.each(outOfPlace.fromServerAfterWelcome)('$reason: is left', async ({ packet }) => {
    await server.send(bytesOf('WELCOME'));
    const endpoint = await connecting;
    await server.send(Buffer.from(packet, 'hex'));
    await expect(endpoint.recv()).rejects.toEqual(brokenProtocol);
    expect(await endpoint.closed).toEqual(brokenProtocol);
  });
});
