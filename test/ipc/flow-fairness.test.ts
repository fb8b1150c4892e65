import { Endpoint } from 'gips';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { BarePeer } from '../support/bare-peer.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { upTo } from '../support/peer.js';
import { signals } from '../support/platform.js';
import { residentMemory, start, type Program } from '../support/processes.js';

const MIB = 1024 * 1024;
/** The sanitizers keep what was freed for a while. */
const MOST_GROWTH = process.env.GIPS_TEST_SANITIZED === '1' ? 64 * MIB : 8 * MIB;

interface Heard {
  timers: number;
  signals: number;
  messages: number;
  sent: number;
}

describe('a server of `for await (pod of listener) await pod.reply(…)`', () => {
  let name: string;
  let server: Program;
  let other: Endpoint;

  beforeEach(async () => {
    name = serviceName();
    server = start('echo-server', { argument: { name } });
    await server.next('listening');
    other = keep(await Endpoint.connect(name));
  });

  async function expectOtherServed(): Promise<void> {
    for (const number of upTo(50)) {
      await other.send(stamped(number, 1000));
      expect(stampOf((await other.recv({ timeout: 5000 })).payload)).toBe(number);
    }
  }

  /** Sends without ever reading an answer, until nothing more is taken. Resolves with how many messages were accepted. */
  async function sendUntilFull(endpoint: Endpoint, size: number): Promise<number> {
    for (let number = 0; ; number += 1) {
      try {
        await endpoint.send(stamped(number, size), { timeout: 100 });
      } catch (error) {
        expect(error).toEqual(errorLike({ code: 'ETIMEDOUT' }));
        return number;
      }
    }
  }

  test.each([100, 16_384, 300_000])(
    'serves others beside a client that never reads its replies of %d bytes, and that one when it reads',
    async (size) => {
      const silent = keep(await Endpoint.connect(name));
      const count = await sendUntilFull(silent, size);
      await expectOtherServed();
      for (const number of upTo(count)) expect(stampOf((await silent.recv({ timeout: 5000 })).payload)).toBe(number);
      await expectOtherServed();
    },
  );

  test('does not grow by what a client that never reads its replies goes on sending', async () => {
    const silent = keep(await Endpoint.connect(name));
    await sendUntilFull(silent, 16_384);
    const before = residentMemory(server.pid);
    for (let round = 0; round < 10; round += 1) expect(await sendUntilFull(silent, 16_384)).toBe(0);
    expect(residentMemory(server.pid) - before).toBeLessThan(MOST_GROWTH);
    await expectOtherServed();
  });

  test('serves others beside many clients that leave before their replies, with and without a goodbye', async () => {
    const leavers = upTo(40).map(async (index) => {
      const endpoint = await Endpoint.connect(name);
      const sent = upTo(100).map((number) => endpoint.send(stamped(number, 20 * number + 8)));
      if (index % 2 === 0) endpoint.destroy();
      else await endpoint.close();
      await Promise.allSettled(sent);
    });
    await Promise.all([...leavers, expectOtherServed()]);
    await expectOtherServed();
  });

  test('serves others beside a client that is killed before its replies', async () => {
    const raw = await BarePeer.connect(name);
    await raw.sendMany(stamped(0, 1000), 150);
    await raw.kill();
    await expectOtherServed();
  });

  test('serves others beside a raw client that never reads its replies', async () => {
    const raw = await BarePeer.connect(name);
    const sending = raw.sendMany(stamped(0, 10_000), 1_000);
    const failed = expect(sending).rejects.toThrow();
    for (const _ of upTo(5)) await expectOtherServed();
    await raw.kill();
    await failed;
    await expectOtherServed();
  });
});

describe.each([64, 16_384])('beside a loop of `await send()` of %d bytes to a fast reader', (size) => {
  signals.test('timers fire, signals are heard and messages are received', async () => {
    const name = serviceName();
    await start('flow-fast-reader', { argument: { name } }).next('listening');
    const sender = start('flow-busy-sender', { argument: { name, size, ms: 1500, interval: 5 } });
    await sender.next('sending');
    // Each signal is sent when the one before was heard: those that coincide would be one.
    for (const _ of upTo(10)) {
      sender.signal('SIGUSR2');
      await sender.next('signal');
    }
    const heard = await sender.next<Heard>('heard');
    expect(heard.signals).toBe(10);
    expect(heard.timers).toBeGreaterThan(50);
    expect(heard.messages).toBeGreaterThan(0);
    expect(heard.sent).toBeGreaterThan(100);
    await sender.finish();
  });
});
