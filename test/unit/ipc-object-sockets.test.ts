import { once } from 'node:events';
import { fstatSync, openSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { wrap, IpcObject } from '#lib/ipc/ipc-object.js';
import { resolveAddress } from '#lib/ipc/names.js';
import { native, type NativeAcceptor, type NativeChannel } from '#lib/native/index.js';
import { testOnPosix } from '../support/accounts.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';

const closed = errorLike({ code: 'ERR_GIPS_CLOSED' });
const notOfThatType = errorLike({ name: 'GipsError', code: 'EINVAL' });

function invalid(reason: string): Error {
  return errorLike({ code: 'ERR_INVALID_ARG_VALUE', message: reason });
}

function fromFile(path: string): IpcObject {
  return keep(wrap(native.adopt(openSync(path, 'r'))));
}

async function listen(target: net.ListenOptions = { port: 0, host: '127.0.0.1' }): Promise<net.Server> {
  const server = keep(net.createServer());
  server.listen(target);
  await once(server, 'listening');
  return server;
}

/** A new client of a server. */
function connectTo(server: net.Server): net.Socket {
  const address = server.address();
  return keep(typeof address === 'string' ? net.connect(address) : net.connect((address as net.AddressInfo).port, '127.0.0.1'));
}

/** The two ends of a connection; nobody reads them yet. */
async function connect(target?: net.ListenOptions): Promise<{ near: net.Socket; far: net.Socket }> {
  const server = await listen(target);
  const far = connectTo(server);
  const [near] = (await once(server, 'connection')) as [net.Socket];
  return { near: keep(near), far };
}

async function readText(socket: net.Socket, length: number): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length >= length) break;
  }
  return text;
}

describe('from a socket', () => {
  testOnPosix.each([
    ['TCP', undefined],
    ['a socket file', { path: socketPath() }],
  ])('of %s, the duplicate takes over the connection', async (_, target) => {
    const { near, far } = await connect(target);
    const object = IpcObject.from(near);
    near.destroy();
    const socket = keep(object.toSocket());
    expect(() => object.fd).toThrow(closed);
    far.write('ping');
    expect(await readText(socket, 4)).toBe('ping');
    socket.write('pong');
    expect(await readText(far, 4)).toBe('pong');
  });

  testOnPosix('the source takes no byte any more, not even from within its "data" event', async () => {
    const { near, far } = await connect();
    const taken: string[] = [];
    const object = await new Promise<IpcObject>((resolve) => {
      near.on('data', (chunk: Buffer) => {
        taken.push(chunk.toString());
        resolve(IpcObject.from(near));
      });
      far.write('first');
    });
    await sleep(10);
    far.write('second');
    near.resume();
    await sleep(50);
    const socket = keep(object.toSocket());
    expect(await readText(socket, 6)).toBe('second');
    expect(taken).toEqual(['first']);
    expect(near.readableLength).toBe(0);
  });

  testOnPosix('that never read, the source does not begin to', async () => {
    const server = keep(net.createServer({ pauseOnConnect: true })).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const far = connectTo(server);
    const [near] = (await once(server, 'connection')) as [net.Socket];
    const object = keep(IpcObject.from(keep(near)));
    far.write('mine');
    near.resume();
    await sleep(50);
    expect(await readText(keep(object.toSocket()), 4)).toBe('mine');
    expect(near.bytesRead).toBe(0);
  });

  testOnPosix('that holds bytes already read, they would be lost', async () => {
    const { near, far } = await connect();
    far.write('unread');
    await once(near, 'readable');
    expect(() => IpcObject.from(near)).toThrow(invalid('bytes already read'));
    expect(near.read()).toEqual(Buffer.from('unread'));
    keep(IpcObject.from(near));
  });

  test('that holds bytes not yet written, they would be lost', async () => {
    const { near, far } = await connect();
    far.pause();
    near.write(Buffer.alloc(32 * 1024 * 1024));
    expect(() => IpcObject.from(near)).toThrow(invalid('bytes not yet written'));
  });

  test('that uses TLS, the keys would stay behind', async () => {
    const { near } = await connect();
    expect(() => IpcObject.from(keep(new tls.TLSSocket(near)))).toThrow(invalid('must not use TLS'));
  });

  test('that is destroyed or not connected, there is nothing to duplicate', async () => {
    const { near } = await connect();
    near.destroy();
    expect(() => IpcObject.from(near)).toThrow(invalid('must not be destroyed'));
    expect(() => IpcObject.from(keep(new net.Socket()))).toThrow(invalid('must be connected'));
    const server = await listen();
    expect(() => IpcObject.from(connectTo(server))).toThrow(invalid('must be connected'));
  });
});

describe('from a server', () => {
  testOnPosix('the duplicate accepts under the same address', async () => {
    const server = await listen();
    const address = server.address() as net.AddressInfo;
    const object = IpcObject.from(server);
    server.close();
    const taken = keep(object.toServer());
    expect(() => object.fd).toThrow(closed);
    const far = keep(net.connect(address.port, '127.0.0.1'));
    const [near] = (await once(taken, 'connection')) as [net.Socket];
    keep(near).write('welcome');
    expect(await readText(far, 7)).toBe('welcome');
    expect(taken.address()).toEqual(address);
  });

  test('that does not listen, there is nothing to duplicate', () => {
    expect(() => IpcObject.from(net.createServer())).toThrow(invalid('must listen'));
  });
});

describe('toSocket and toServer', () => {
  testOnPosix('passes the options on, but for the descriptor', async () => {
    const { near } = await connect();
    const object = IpcObject.from(near);
    const socket = keep(object.toSocket({ allowHalfOpen: true, fd: 0 } as net.SocketConstructorOpts));
    expect(socket.allowHalfOpen).toBe(true);
    expect(socket.remotePort).toBe(near.remotePort);
  });

  testOnPosix('refuse what is not theirs, and leave it usable', async () => {
    const address = resolveAddress(serviceName());
    const acceptor = keep(native.listen(address, 1, null) as NativeAcceptor);
    const channel = keep(native.connect(address) as NativeChannel);
    const objects = {
      file: fromFile(new URL(import.meta.url).pathname),
      other: fromFile('/dev/null'),
      seqpacket: keep(IpcObject.from({ fd: channel.fd })),
      'seqpacket-listener': keep(IpcObject.from({ fd: acceptor.fd })),
    };
    for (const [type, object] of Object.entries(objects)) {
      expect(() => object.toSocket()).toThrow(notOfThatType);
      expect(() => object.toSocket()).toThrow(`is not a connected stream socket but of type "${type}"`);
      expect(() => object.toServer()).toThrow(notOfThatType);
      fstatSync(object.fd);
    }
    const { near } = await connect();
    const connected = keep(IpcObject.from(near));
    expect(() => connected.toServer()).toThrow(notOfThatType);
    const listening = keep(IpcObject.from(await listen()));
    expect(() => listening.toSocket()).toThrow(notOfThatType);
    keep(connected.toSocket());
    keep(listening.toServer());
  });
});
