import { Endpoint } from 'gips';

import { Kind } from '#lib/native/binding.js';

import { frame, MAX_OBJECTS } from '../core/packets.js';
import { BarePeer } from '../support/bare-peer.js';
import { errorLike } from '../support/errors.js';
import { message, refused, welcome } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { bareObjects } from '../support/platform.js';

interface Meeting {
  server: BarePeer;
  name: string;
  connecting: Promise<Endpoint>;
}

/** A client that has said HELLO to a bare server. */
async function meet(): Promise<Meeting> {
  const name = serviceName('bare');
  const server = await BarePeer.listen(name);
  const connecting = Endpoint.connect(name);
  connecting.catch(() => {});
  await server.accept();
  const { bytes } = await server.receive();
  expect(bytes[0]).toBe(Kind.HELLO);
  return { server, name, connecting };
}

async function meetAndWelcome(): Promise<{ server: BarePeer; endpoint: Endpoint }> {
  const { server, connecting } = await meet();
  await server.send(welcome());
  return { server, endpoint: keep(await connecting) };
}

/** A WELCOME with other bytes in some places of its payload. */
function welcomeWith(change: Record<number, number>): Buffer {
  const bytes = welcome();
  for (const [offset, value] of Object.entries(change)) bytes.writeUInt8(value, 16 + Number(offset));
  return bytes;
}

describe('connect() fails with EBADMSG when the server answers with', () => {
  test.each([
    ['garbage', Buffer.from('220 smtp.example.com ESMTP ready\r\n')],
    ['a datagram of zero bytes', Buffer.alloc(0)],
    ['half a WELCOME', welcome().subarray(0, 20)],
    ['a WELCOME that is too long', frame(Kind.WELCOME, { payload: Buffer.concat([welcome().subarray(16), Buffer.of(0)]) })],
    ['version 0', welcomeWith({ 0: 0 })],
    ['version 2', welcomeWith({ 0: 2 })],
    ['something in the reserved bytes', welcomeWith({ 2: 1 })],
    ['a feature nobody has', welcomeWith({ 4: 4 })],
    ['a window of 0', welcome({ window: 0 })],
    ['messages of at most 0 bytes', welcome({ maxMessageSize: 0 })],
    ['a HELLO', frame(Kind.HELLO, { payload: Buffer.alloc(30) })],
    ['a refusal for an unknown reason', refused(99)],
    ['a refusal for two reasons', frame(Kind.REFUSED, { payload: Buffer.of(1, 1) })],
    ['a message', message('early')],
    ['a reply', frame(Kind.REPLY, { correlation: 1 })],
    ['a PING', frame(Kind.PING)],
    ['a grant', frame(Kind.WINDOW, { correlation: 1000 })],
    ['a goodbye', frame(Kind.GOODBYE)],
    ['a message and a WELCOME behind it', Buffer.concat([message('early'), welcome()])],
  ])('%s', async (_, answer) => {
    const { server, name, connecting } = await meet();
    await server.send(answer);
    await expect(connecting).rejects.toThrow(errorLike({ code: 'EBADMSG', address: name }));
    await server.receiveEnd();
  });

  bareObjects.describe('more than frames:', () => {
    test.each([
      ['a WELCOME', welcome()],
      ['a WELCOME that speaks of them', frame(Kind.WELCOME, { objects: MAX_OBJECTS, payload: welcome().subarray(16) })],
      ['a message', frame(Kind.MESSAGE, { objects: MAX_OBJECTS })],
    ])('253 descriptors with %s', async (_, answer) => {
      const { server, connecting } = await meet();
      await server.send(answer, MAX_OBJECTS);
      await expect(connecting).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
    });
  });
});

test.each([
  [1, 'EACCES'],
  [2, 'EAGAIN'],
  [3, 'ERR_GIPS_UNSUPPORTED'],
])('connect() tells that the server refuses for reason %i: %s', async (reason, code) => {
  const { server, name, connecting } = await meet();
  await server.send(refused(reason));
  await expect(connecting).rejects.toThrow(errorLike({ code, message: name }));
  await server.receiveEnd();
});

test('connect() fails with ECONNRESET when the server closes instead of answering', async () => {
  const { server, connecting } = await meet();
  await server.close();
  await expect(connecting).rejects.toThrow(errorLike({ code: 'ECONNRESET' }));
});

test('connect() to a server that says nothing waits until its timeout', async () => {
  const name = serviceName('mute');
  const server = await BarePeer.listen(name);
  const begin = performance.now();
  await expect(Endpoint.connect(name, { timeout: 100 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT', address: name }));
  expect(performance.now() - begin).toBeGreaterThanOrEqual(99);
  await server.accept();
  await server.receiveEnd();
});

test('connect() to a server that says nothing waits until it is aborted', async () => {
  const name = serviceName('mute');
  const server = await BarePeer.listen(name);
  const reason = new Error('enough');
  const controller = new AbortController();
  const connecting = Endpoint.connect(name, { signal: controller.signal });
  await server.accept();
  await server.receive();
  controller.abort(reason);
  await expect(connecting).rejects.toBe(reason);
  await server.receiveEnd();
});

describe('a client ends the connection with EBADMSG when the server sends', () => {
  test.each<[string, Buffer, number]>([
    ['another WELCOME', welcome(), 0],
    ['a refusal after the WELCOME', refused(1), 0],
    ['a HELLO', frame(Kind.HELLO, { payload: Buffer.alloc(30) }), 0],
    ['garbage', Buffer.from('garbage'), 0],
    ...bareObjects.rows<[string, Buffer, number]>(['descriptors where none belong', message(), MAX_OBJECTS]),
  ])('%s', async (_, bytes, descriptors) => {
    const { server, endpoint } = await meetAndWelcome();
    await server.send(message('before'));
    await server.send(bytes, descriptors);
    expect((await endpoint.recv()).text()).toBe('before');
    await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
    await expect(endpoint.send('more')).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
    expect(await endpoint.closed).toMatchObject({ code: 'EBADMSG' });
    await server.receiveEnd();
  });

  test('more messages than it has been allowed to', async () => {
    const { server, endpoint } = await meetAndWelcome();
    const code = await server.sendMany(message(Buffer.alloc(65_536)), 100).catch((error: { code: string }) => error.code);
    expect(code).toMatch(/^(EPIPE|ECONNRESET)$/);
    const end = await endpoint.closed;
    expect(end).toMatchObject({ code: 'EBADMSG' });
    // What came within the allowance has come.
    for (let count = 0; count < 16; count += 1) expect((await endpoint.recv()).payload.length).toBe(65_536);
    await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
  });

  bareObjects.test('more descriptors than it has been allowed to, which are all given back', async () => {
    const { server, endpoint } = await meetAndWelcome();
    const packet = frame(Kind.MESSAGE, { objects: MAX_OBJECTS });
    const flood = async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) await server.send(packet, MAX_OBJECTS);
    };
    // It may all be on its way before the client looks at any of it.
    await flood().catch(() => {});
    expect(await endpoint.closed).toMatchObject({ code: 'EBADMSG' });
    endpoint.destroy();
  });
});
