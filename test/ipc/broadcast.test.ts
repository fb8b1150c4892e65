import { rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Endpoint, Interest, IpcObject, Listener, Poller, type BroadcastOptions, type Connection } from 'gips';
import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { upTo } from '../support/peer.js';

const KIB = 1024;

async function connectMany(listener: Listener, count: number): Promise<Endpoint[]> {
  const endpoints = await Promise.all(upTo(count).map(() => Endpoint.connect(listener.name)));
  return endpoints.map(keep);
}

async function heardBy(endpoint: Endpoint): Promise<string> {
  return (await endpoint.recv()).text();
}

describe('everybody hears it, in the order of the calls, when the listener is consumed', () => {
  test('by pods', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    const endpoints = await connectMany(listener, 3);
    await endpoints[0]!.send('hello');
    const pod = await listener.accept();
    expect(await listener.broadcast('one')).toEqual({ sent: 3, dropped: 0 });
    await pod.reply('for the first');
    expect(await listener.broadcast(Buffer.from('two'))).toEqual({ sent: 3, dropped: 0 });
    expect(await heardBy(endpoints[0]!)).toBe('one');
    expect(await heardBy(endpoints[0]!)).toBe('for the first');
    for (const endpoint of endpoints.slice(1)) expect(await heardBy(endpoint)).toBe('one');
    for (const endpoint of endpoints) expect(await heardBy(endpoint)).toBe('two');
  });

  test('by connections', async () => {
    const { listener, endpoint, connection } = await connectPair();
    await connection.send('for the first');
    expect(await listener.broadcast('one')).toEqual({ sent: 1, dropped: 0 });
    expect(await heardBy(endpoint)).toBe('for the first');
    expect(await heardBy(endpoint)).toBe('one');
  });

  test('by events only, and it remains open how it will be consumed', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    const [endpoint] = await connectMany(listener, 1);
    expect(await listener.broadcast('one')).toEqual({ sent: 1, dropped: 0 });
    expect(await heardBy(endpoint!)).toBe('one');
    await endpoint!.send('pod');
    expect((await listener.accept()).message.text()).toBe('pod');
  });

  test('without an event loop until then', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(listener.name));
    await endpoint.send('hello');
    expect(listener.acceptSync().message.text()).toBe('hello');
    expect(await listener.broadcast('one')).toEqual({ sent: 1, dropped: 0 });
    expect(await heardBy(endpoint)).toBe('one');
  });
});

test('nobody is no reason to fail', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  expect(await listener.broadcast('one')).toEqual({ sent: 0, dropped: 0 });
});

test('raw clients hear it too', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const endpoint = keep(await Endpoint.connect(listener.name, { wire: 'raw' }));
  await endpoint.send('hello');
  await listener.accept();
  expect(await listener.broadcast('one')).toEqual({ sent: 1, dropped: 0 });
  expect(await heardBy(endpoint)).toBe('one');
  expect(await listener.broadcast('')).toEqual({ sent: 0, dropped: 1 }); // there are no empty datagrams
});

test('the filter says who hears it; only `true` means yes', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const connections: Connection[] = [];
  listener.on('connection', (connection) => connections.push(connection));
  const endpoints = await connectMany(listener, 3);
  const asked: Connection[] = [];
  const filter = (connection: Connection): boolean => {
    asked.push(connection);
    return connection !== connections[1];
  };
  expect(await listener.broadcast('one', { filter })).toEqual({ sent: 2, dropped: 0 });
  expect(asked).toEqual(connections);
  const slip = (async () => Promise.resolve(false)) as unknown as () => boolean;
  expect(await listener.broadcast('two', { filter: slip })).toEqual({ sent: 0, dropped: 0 });
  await listener.broadcast('three');
  const heard = await Promise.all(endpoints.map(heardBy));
  expect(heard.toSorted()).toEqual(['one', 'one', 'three']);
});

test('a filter may close connections, and the listener', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  await connectMany(listener, 2);
  const destroying = (connection: Connection): boolean => {
    connection.destroy();
    return true;
  };
  expect(await listener.broadcast('one', { filter: destroying })).toEqual({ sent: 0, dropped: 2 });
  await connectMany(listener, 2);
  const closing = (): boolean => {
    void listener.close();
    return true;
  };
  await expect(listener.broadcast('two', { filter: closing })).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
});

test('objects travel to everybody, and the sender keeps its own', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const endpoints = await connectMany(listener, 3);
  const path = socketPath('file');
  writeFileSync(path, 'the text');
  const handle = await open(path);
  rmSync(path);
  const object = keep(IpcObject.from(handle));
  await handle.close();
  expect(await listener.broadcast('here', { objects: [object] })).toEqual({ sent: 3, dropped: 0 });
  for (const endpoint of endpoints) {
    const { objects } = await endpoint.recv();
    expect(objects).toHaveLength(1);
    for (const received of objects) received.close();
  }
  expect(object.fd).toBeGreaterThan(0);
});

describe('nothing is sent to anybody for', () => {
  const aborted = AbortSignal.abort(new Error('enough'));
  const throwing = (): boolean => {
    throw new Error('a filter of mine');
  };
  const detached = new Uint8Array(8);
  structuredClone(detached, { transfer: [detached.buffer] });

  test.each<[string, unknown, unknown, Error | string]>([
    ['a payload of another type', 7, undefined, badArgument('ERR_INVALID_ARG_TYPE', 'payload', 'of type string')],
    ['a detached payload', detached, undefined, badArgument('ERR_INVALID_ARG_VALUE', 'payload', 'detached')],
    ['options of another type', 'one', 7, badArgument('ERR_INVALID_ARG_TYPE', 'options', 'of type object')],
    ['a filter of another type', 'one', { filter: 7 }, badArgument('ERR_INVALID_ARG_TYPE', 'options.filter', 'of type function')],
    ['an unknown policy', 'one', { slow: 'never' }, badArgument('ERR_INVALID_ARG_VALUE', 'options.slow', 'one of')],
    ['a bad timeout', 'one', { timeout: -1 }, badArgument('ERR_OUT_OF_RANGE', 'options.timeout', '')],
    ['a bad signal', 'one', { signal: 7 }, badArgument('ERR_INVALID_ARG_TYPE', 'options.signal', 'AbortSignal')],
    ['bad objects', 'one', { objects: [7] }, badArgument('ERR_INVALID_ARG_TYPE', 'options.objects[0]', 'IpcObject')],
    ['an aborted signal', 'one', { signal: aborted }, 'enough'],
    ['a filter that throws', 'one', { filter: throwing }, 'a filter of mine'],
    ['more than the listener sends', Buffer.alloc(64 * KIB + 1), undefined, errorLike({ code: 'EMSGSIZE' })],
  ])('%s', async (_, payload, options, error) => {
    const { listener, endpoint } = await connectPair({}, { maxMessageSize: 64 * KIB });
    await expect(listener.broadcast(payload as string, options as BroadcastOptions)).rejects.toThrow(error);
    await listener.broadcast('the first');
    expect(await heardBy(endpoint)).toBe('the first');
  });

  test('a closed listener', async () => {
    const listener = await Listener.bind(serviceName());
    await listener.close();
    await expect(listener.broadcast('one')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });

  test('a listener that a poller watches', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const poller = keep(new Poller());
    poller.register(listener, Interest.READABLE);
    await expect(listener.broadcast('one')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  });
});

test('a client that takes less misses what is too large for it, and nobody else does', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const [large] = await connectMany(listener, 1);
  const small = keep(await Endpoint.connect(listener.name, { maxMessageSize: KIB }));
  expect(await listener.broadcast(Buffer.alloc(2 * KIB))).toEqual({ sent: 1, dropped: 1 });
  expect(await listener.broadcast('one')).toEqual({ sent: 2, dropped: 0 });
  expect(await heardBy(small)).toBe('one');
  expect((await large!.recv()).payload.length).toBe(2 * KIB);
});

test('the bytes are taken before the call returns', async () => {
  const { listener, endpoint } = await connectPair();
  const payload = Buffer.from('one');
  const sending = listener.broadcast(payload);
  payload.fill(0);
  await sending;
  expect(await heardBy(endpoint)).toBe('one');
});

test('a loop of broadcasts lets the event loop run', async () => {
  const { listener, endpoint } = await connectPair();
  endpoint.on('message', () => {});
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    for (; !isOver; turns += 1) await nextTurn();
  })();
  for (let number = 0; number < 5000; number += 1) await listener.broadcast('tick', { slow: 'drop' });
  isOver = true;
  await counting;
  expect(turns).toBeGreaterThan(2);
});

test('who never waits, for a client that takes nothing, has bounded memory', async () => {
  const { listener, connection } = await connectPair({ highWaterMark: 64 * KIB }, { highWaterMark: 64 * KIB, maxMessageSize: 128 * KIB });
  const outcomes = upTo(1000).map(() => listener.broadcast(Buffer.alloc(KIB), { timeout: 50 }));
  expect(connection.bufferedAmount).toBeLessThan((64 + 128 + 64) * KIB);
  const results = await Promise.all(outcomes);
  expect(results.filter(({ dropped }) => dropped === 1).length).toBeGreaterThan(500);
  expect(connection.bufferedAmount).toBeLessThan(64 * KIB + 2 * KIB);
});

test('one signal ends the waiting for many slow clients, and is listened to once', async () => {
  const listener = keep(await Listener.bind(serviceName(), { highWaterMark: KIB }));
  await connectMany(listener, 20);
  const { signal, abort } = countedSignal();
  for (let refusals = 0; refusals < 3; await nextTurn()) {
    const { sent } = await listener.broadcast(Buffer.alloc(KIB), { slow: 'drop' });
    refusals = sent === 0 ? refusals + 1 : 0;
  }
  const waiting = listener.broadcast('one', { signal });
  await nextTurn();
  expect(signal.added).toBe(1);
  abort();
  // Where a system takes more a little later, some have taken it by now.
  const { sent, dropped } = await waiting;
  expect(sent + dropped).toBe(20);
  expect(dropped).toBeGreaterThan(10);
  expect(signal.removed).toBeGreaterThanOrEqual(1);
});

/** A signal that counts who listens. */
function countedSignal(): { signal: AbortSignal & { added: number; removed: number }; abort: () => void } {
  const controller = new AbortController();
  const { signal } = controller;
  const counted = Object.assign(signal, { added: 0, removed: 0 });
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    counted.added += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    counted.removed += 1;
    remove(...args);
  };
  return { signal: counted, abort: () => controller.abort() };
}
