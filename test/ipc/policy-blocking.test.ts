import { type Channel, Endpoint, Policy } from 'gips';

import { eventually } from '../support/deadline.js';
import { Door, knock, WELCOME } from '../support/door.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { type Program, start } from '../support/processes.js';

async function startDoor(validator: string): Promise<{ server: Program; name: string }> {
  const name = serviceName('blocking');
  const server = start('blocking-door', { argument: { name, validator } });
  await server.next('listening');
  return { server, name };
}

describe('without an event loop', () => {
  test.each([{ isBlocking: false }, { isBlocking: true }])('a listener admits a client (%j)', async (how) => {
    const { server, name } = await startDoor('admits');
    expect(await knock(name, {}, how).next('outcome')).toBe(WELCOME);
    expect(await server.next('message')).toBe('knock knock');
  });

  test.each([
    ['denies', null],
    ['throws', 'a reason'],
    ['promises', 'ERR_GIPS_UNSUPPORTED'],
    ['rejects', 'ERR_GIPS_UNSUPPORTED'],
  ])('a validator that %s turns every client away, and the listener goes on', async (validator, cause) => {
    const { server, name } = await startDoor(validator);
    for (const isBlocking of [false, true, false]) {
      const client = knock(name, {}, { isBlocking });
      expect(await client.next('outcome')).toMatchObject({ code: 'EACCES' });
      expect(await server.next('rejected')).toEqual({ code: 'EACCES', cause, pid: client.pid });
    }
    await server.kill();
    await expect(server.next('message')).rejects.toThrow('did not say');
  });
});

describe('after connectSync() the refusal is reported by the next call of any kind, and every one after it', () => {
  const calls: Record<string, (channel: Channel) => unknown> = {
    recv: (channel) => channel.recv(),
    recvSync: (channel) => channel.recvSync(),
    tryRecv: (channel) => channel.tryRecv(),
    send: (channel) => channel.send('x'),
    sendSync: (channel) => channel.sendSync('x'),
    trySend: (channel) => channel.trySend('x'),
    flush: (channel) => channel.flush(),
    'for await': (channel) => channel[Symbol.asyncIterator]().next(),
  };

  test.each(Object.keys(calls))('%s', async (call) => {
    const door = await Door.open(new Policy().withAllowedUid([]));
    const endpoint = keep(Endpoint.connectSync(door.name));
    await door.rejection();
    const refusal = errorLike({ code: 'EACCES', message: door.name });
    await expect(new Promise((resolve) => resolve(calls[call]!(endpoint)))).rejects.toThrow(refusal);
    for (const next of Object.keys(calls)) {
      if (next !== 'for await') await expect(new Promise((resolve) => resolve(calls[next]!(endpoint)))).rejects.toThrow(refusal);
    }
    expect(await endpoint.closed).toEqual(refusal);
  });

  test('close() and closed do not fail', async () => {
    const door = await Door.open(new Policy().withAllowedUid([]));
    const endpoint = Endpoint.connectSync(door.name);
    await door.rejection();
    await endpoint.close();
    await endpoint.closed;
  });

  test('though it was sent to before', async () => {
    const door = await Door.open(new Policy().withAllowedUid([]));
    const endpoint = keep(Endpoint.connectSync(door.name));
    endpoint.sendSync('too early');
    expect(endpoint.trySend('too early')).toBe(true);
    await door.rejection();
    expect(() => endpoint.recvSync()).toThrow(errorLike({ code: 'EACCES' }));
    expect(door.messages).toEqual([]);
  });

  test("'message' and 'error'", async () => {
    const door = await Door.open(new Policy().withAllowedUid([]));
    const endpoint = keep(Endpoint.connectSync(door.name));
    const events: unknown[] = [];
    endpoint.on('message', () => events.push('message'));
    endpoint.on('error', (error) => events.push(error));
    await eventually(() => expect(events).toEqual([errorLike({ code: 'EACCES' })]));
  });

  test('one who waits hears of it', async () => {
    const { server, name } = await startDoor('denies');
    const endpoint = keep(Endpoint.connectSync(name));
    expect(() => endpoint.recvSync(5_000)).toThrow(errorLike({ code: 'EACCES' }));
    expect(await server.next('rejected')).toMatchObject({ pid: process.pid });
  });
});
