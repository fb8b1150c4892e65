/** A peer that is stopped or hangs closes nothing; keep-alive finds out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type Connection, type ConnectOptions, Endpoint, type KeepAlive, Listener } from 'gips';
import { Kind } from '#lib/native/binding.js';

import { frame } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { hello } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { type Program, start } from '../support/processes.js';

const SOON: KeepAlive = { interval: 30, timeout: 500 };
/** Asks at once, and has all the patience in the world. */
const PATIENT: KeepAlive = { interval: 20, timeout: 60_000 };
const A_WHILE_MS = 400;
/** Ends, within `LONG_MS`, a peer that does not answer. */
const WATCHFUL: KeepAlive = { interval: 10, timeout: 500 };
const LONG_MS = 1_200;

const DEAD = errorLike({ code: 'ECONNRESET', message: 'the peer did not answer for 500 ms' });

/** A channel of this process, and the program at its other end. */
async function connectTo(
  role: 'server' | 'client',
  { keepAlive, takes = true, ...options }: Pick<ConnectOptions, 'keepAlive' | 'ring' | 'highWaterMark'> & { takes?: boolean },
): Promise<{ channel: Channel; peer: Program }> {
  const name = serviceName();
  const { ring: _, ...forListener } = options;
  const listener = role === 'client' ? keep(await Listener.bind(name, { keepAlive, ...forListener })) : undefined;
  const peer = start('keep-alive-peer', { argument: { name, role, takes, options: role === 'client' ? options : forListener } });
  if (role === 'server') await peer.next('listening');
  const channel = listener === undefined ? await Endpoint.connect(name, { keepAlive, ...options }) : await firstClient(listener);
  await peer.next('connected');
  return { channel: keep(channel), peer };
}

async function expectEcho(channel: Channel): Promise<void> {
  await channel.send('are you there?');
  expect((await channel.recv({ timeout: 5_000 })).text()).toBe('are you there?');
}

/** What a packet that holds one frame without a payload says. */
function decode(packet: Buffer): { kind: number; correlation: number } {
  return { kind: packet.readUInt8(0), correlation: Number(packet.readBigUInt64LE(8)) };
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe.each([
  ['by the socket', {}],
  ['by a ring', { ring: true }],
])('%s', (_, transport) => {
  describe.each(['server', 'client'] as const)('a %s', (role) => {
    test('that is stopped is noticed', async () => {
      const { channel, peer } = await connectTo(role, { keepAlive: SOON, ...transport });
      await expectEcho(channel);
      peer.signal('SIGSTOP');
      await expect(channel.recv()).rejects.toThrow(DEAD);
      expect(await channel.closed).toEqual(DEAD);
      await expect(channel.send('x')).rejects.toThrow(DEAD);
      peer.signal('SIGCONT');
      expect(await peer.next('ended')).toMatchObject({ code: 'ECONNRESET' });
    });

    test('that is stopped is noticed while much is on its way to it', async () => {
      const { channel, peer } = await connectTo(role, { keepAlive: SOON, ...transport });
      await expectEcho(channel);
      peer.signal('SIGSTOP');
      const sending = (async () => {
        for (;;) await channel.send(Buffer.alloc(50_000));
      })();
      await expect(sending).rejects.toThrow(DEAD);
      expect(await channel.closed).toEqual(DEAD);
    });

    test('that is stopped for a shorter time goes on', async () => {
      const { channel, peer } = await connectTo(role, { keepAlive: PATIENT, ...transport });
      await expectEcho(channel);
      peer.signal('SIGSTOP');
      await sleep(A_WHILE_MS);
      peer.signal('SIGCONT');
      await expectEcho(channel);
    });

    test('that is busy for a shorter time goes on', async () => {
      const { channel, peer } = await connectTo(role, { keepAlive: PATIENT, ...transport });
      peer.tell('block', A_WHILE_MS);
      await peer.next('blocking');
      await expectEcho(channel);
    });

    test('that has nothing to say stays', async () => {
      const { channel } = await connectTo(role, { keepAlive: WATCHFUL, ...transport });
      await sleep(LONG_MS);
      await expectEcho(channel);
    });

    test('whose user takes no messages stays', async () => {
      const { channel } = await connectTo(role, {
        keepAlive: WATCHFUL,
        takes: false,
        highWaterMark: 4_096,
        ...transport,
      });
      while (channel.trySend(Buffer.alloc(1_000)));
      await sleep(LONG_MS);
      let hasEnded = false;
      void channel.closed.then(() => (hasEnded = true));
      await sleep(0);
      expect(hasEnded).toBe(false);
      expect(channel.trySend('x')).toBe(false);
    });

    test('is not taken for dead by one that was too busy itself to read the answer', async () => {
      const { channel } = await connectTo(role, { keepAlive: { interval: 20, timeout: 800 }, ...transport });
      await expectEcho(channel);
      // The interval ends first and has the peer asked, and before the answer can be read the deadline passes.
      await sleep(100);
      const next = sleep(50);
      block(100);
      await next;
      block(1_000);
      await expectEcho(channel);
    });
  });
});

test('a listener that is consumed by pods is rid of a client that is stopped, and serves the others', async () => {
  const listener = keep(await Listener.bind(serviceName(), { keepAlive: SOON }));
  void (async () => {
    for await (const pod of listener) await pod.reply(pod.message.payload);
  })();
  const peer = start('keep-alive-peer', { argument: { name: listener.name, role: 'client' } });
  await peer.next('connected');
  const other = keep(await Endpoint.connect(listener.name));
  expect(listener.stats.connections).toBe(2);
  peer.signal('SIGSTOP');
  await eventually(() => expect(listener.stats.connections).toBe(1));
  await expectEcho(other);
});

describe('a peer that is asked', () => {
  async function admit(keepAlive: KeepAlive): Promise<{ peer: BarePeer; connection: Connection }> {
    const listener = keep(await Listener.bind(serviceName(), { keepAlive }));
    const peer = await BarePeer.connect(listener.name);
    await peer.send(hello(listener.name));
    expect(decode((await peer.receive()).bytes)).toMatchObject({ kind: Kind.WELCOME });
    return { peer, connection: keep(await firstClient(listener)) };
  }

  test('is asked again after each answer, and is left when it gives none', async () => {
    const { peer, connection } = await admit({ interval: 20, timeout: 1_000 });
    for (let time = 1; time <= 5; time += 1) {
      expect(decode((await peer.receive()).bytes)).toEqual({ kind: Kind.PING, correlation: time });
      await peer.send(frame(Kind.PONG, { correlation: time }));
    }
    expect(decode((await peer.receive()).bytes)).toMatchObject({ kind: Kind.PING });
    await peer.receiveEnd();
    expect(await connection.closed).toEqual(errorLike({ code: 'ECONNRESET', message: 'did not answer for 1000 ms' }));
  });

  test('may say anything in answer', async () => {
    const { peer, connection } = await admit({ interval: 20, timeout: 500 });
    for (let time = 0; time < 3; time += 1) {
      expect(decode((await peer.receive()).bytes)).toMatchObject({ kind: Kind.PING });
      await peer.send(frame(Kind.WINDOW, { correlation: 1 }));
    }
    await peer.send(frame(Kind.GOODBYE));
    expect(await connection.closed).toBeUndefined();
  });
});

describe('a raw connection', () => {
  test('cannot be kept alive', async () => {
    const unsupported = errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'options.keepAlive' });
    await expect(Endpoint.connect(serviceName(), { wire: 'raw', keepAlive: SOON })).rejects.toThrow(unsupported);
    await expect(Listener.bind(serviceName(), { wire: 'raw', keepAlive: SOON })).rejects.toThrow(unsupported);
  });

  test('is left alone by a listener that keeps others alive', async () => {
    const listener = keep(await Listener.bind(serviceName(), { keepAlive: { interval: 10, timeout: 10 } }));
    const peer = await BarePeer.connect(listener.name);
    await peer.send(Buffer.from('bare words'));
    const connection = await firstClient(listener);
    await sleep(A_WHILE_MS);
    await connection.send('an answer');
    expect((await peer.receive()).bytes.toString()).toBe('an answer');
  });
});

test('keeps no process alive', async () => {
  const name = serviceName();
  const server = start('keep-alive-alone', { argument: { name, isServer: true } });
  await server.next('listening');
  const listener = keep(await Listener.bind(serviceName()));
  const client = start('keep-alive-alone', { argument: { name: listener.name, isServer: false } });
  await client.finish();
  const endpoint = keep(await Endpoint.connect(name));
  await server.finish();
  await within(endpoint.closed, 'the end of the endpoint');
});
