import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { descriptorOf, descriptorsOf, IpcObject } from '#lib/ipc/ipc-object.js';
import { resolveAddress } from '#lib/ipc/names.js';
import { native, type NativeAcceptor, type NativeChannel } from '#lib/native/index.js';
import { serviceName, socketPath } from '../support/names.js';

const closed = expect.objectContaining({ code: 'ERR_GIPS_CLOSED' });
const notOfThatType = expect.objectContaining({ name: 'GipsError', code: 'EINVAL' });

/** Whatever it throws, with what is to be known of it. */
function invalid(reason: string): unknown {
  return expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining(reason) });
}

function fileBehind(fd: number): string {
  return readlinkSync(`/proc/self/fd/${fd}`);
}

const opened: { destroy?(): void; close?(): void }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0)) (thing.destroy ?? thing.close)?.call(thing);
  await sleep(0);
});

/** Closes `thing` after the test. */
function keep<T extends { destroy?(): void; close?(): void }>(thing: T): T {
  opened.push(thing);
  return thing;
}

function fromFile(path = '/dev/null'): IpcObject {
  const fd = openSync(path, 'r');
  try {
    return keep(IpcObject.from({ fd }));
  } finally {
    closeSync(fd);
  }
}

async function listen(target: net.ListenOptions = { port: 0, host: '127.0.0.1' }): Promise<net.Server> {
  const server = keep(net.createServer());
  server.listen(target);
  await once(server, 'listening');
  return server;
}

/** The two ends of a connection; nobody reads them yet. */
async function connect(target?: net.ListenOptions): Promise<{ near: net.Socket; far: net.Socket }> {
  const server = await listen(target);
  const far = keep(net.connect(server.address() as net.TcpNetConnectOpts));
  if (target?.path !== undefined) far.connect(target.path);
  const [near] = (await once(server, 'connection')) as [net.Socket];
  if (far.pending) await once(far, 'connect');
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

describe('from a descriptor', () => {
  test('it has a number of its own for the same file, which child processes do not inherit', () => {
    const fd = openSync('/dev/null', 'r');
    const object = keep(IpcObject.from({ fd }));
    expect(object.fd).not.toBe(fd);
    closeSync(fd);
    expect(object.kind).toBe('fd');
    expect(fileBehind(object.fd)).toBe('/dev/null');
    const O_CLOEXEC = 0o2000000;
    const flags = /flags:\t(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${object.fd}`, 'utf8'))?.[1] ?? '';
    expect(parseInt(flags, 8) & O_CLOEXEC).toBe(O_CLOEXEC);
  });

  test('of a FileHandle, the handle stays open', async () => {
    const handle = await open('/dev/zero');
    const object = keep(IpcObject.from(handle));
    expect(fileBehind(object.fd)).toBe('/dev/zero');
    expect((await handle.read({ length: 1 })).bytesRead).toBe(1);
    await handle.close();
  });

  test('of another object, both are open', () => {
    const object = fromFile();
    const copy = keep(IpcObject.from(object));
    object.close();
    expect(fileBehind(copy.fd)).toBe('/dev/null');
  });

  test('that is not open it is EINVAL', () => {
    const fd = openSync('/dev/null', 'r');
    closeSync(fd);
    const error = {
      name: 'GipsError',
      code: 'EINVAL',
      syscall: 'fcntl',
      message: expect.stringContaining(`duplicate descriptor ${fd}: bad file descriptor`),
    };
    expect(() => IpcObject.from({ fd })).toThrow(expect.objectContaining(error));
  });

  test('when there are too many it is EAGAIN', () => {
    const module = new URL('../../dist/ipc/ipc-object.js', import.meta.url).href;
    const script = `
      import { openSync } from 'node:fs';
      import { IpcObject } from '${module}';
      try { for (;;) openSync('/dev/null'); } catch {}
      try { IpcObject.from({ fd: 0 }); } catch ({ code, errno, syscall }) { console.log(code, errno, syscall); }`;
    const printed = execFileSync('sh', ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, script], {
      encoding: 'utf8',
    });
    expect(printed).toBe('EAGAIN -24 fcntl\n');
  });

  test.each([-1, NaN, 1.5, Infinity, 2 ** 31])('there is no number %p', (fd) => {
    expect(() => IpcObject.from({ fd })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', message: expect.stringContaining('"source.fd"') }),
    );
  });

  test.each([{ fd: '1' }, { fd: null }, {}, 1, 'file', null, undefined, [1]])('the source is not %p', (source) => {
    expect(() => IpcObject.from(source as { fd: number })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  });
});

describe('from a socket', () => {
  test.each([
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

  test('the source takes no byte any more, not even from within its "data" event', async () => {
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

  test('that never read, the source does not begin to', async () => {
    const server = keep(net.createServer({ pauseOnConnect: true })).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const far = keep(net.connect(server.address() as net.TcpNetConnectOpts));
    const [near] = (await once(server, 'connection')) as [net.Socket];
    const object = keep(IpcObject.from(keep(near)));
    far.write('mine');
    near.resume();
    await sleep(50);
    expect(await readText(keep(object.toSocket()), 4)).toBe('mine');
    expect(near.bytesRead).toBe(0);
  });

  test('that holds bytes already read, they would be lost', async () => {
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
    expect(() => IpcObject.from(keep(net.connect(server.address() as net.TcpNetConnectOpts)))).toThrow(invalid('must be connected'));
  });
});

describe('from a server', () => {
  test('the duplicate accepts under the same address', async () => {
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
  test('passes the options on, but for the descriptor', async () => {
    const { near } = await connect();
    const object = IpcObject.from(near);
    const socket = keep(object.toSocket({ allowHalfOpen: true, fd: 0 } as net.SocketConstructorOpts));
    expect(socket.allowHalfOpen).toBe(true);
    expect(socket.remotePort).toBe(near.remotePort);
  });

  test('refuse what is not theirs, and leave it usable', async () => {
    const address = resolveAddress(serviceName());
    const acceptor = keep(native.listen(address, 1) as NativeAcceptor);
    const channel = keep(native.connect(address) as NativeChannel);
    const objects = {
      file: fromFile(new URL(import.meta.url).pathname),
      other: fromFile(),
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

  test('toShm has to wait', () => {
    expect(() => fromFile().toShm()).toThrow(expect.objectContaining({ code: 'ERR_GIPS_UNSUPPORTED' }));
  });
});

describe('an object', () => {
  test('is closed once, however often it is told', () => {
    const object = fromFile();
    const { fd } = object;
    object.close();
    const reused = openSync('/dev/zero', 'r');
    expect(reused).toBe(fd);
    object.close();
    object[Symbol.dispose]();
    expect(fileBehind(reused)).toBe('/dev/zero');
    closeSync(reused);
  });

  test('gives its descriptor away', () => {
    const object = fromFile();
    const fd = object.takeFd();
    object.close();
    expect(fileBehind(fd)).toBe('/dev/null');
    closeSync(fd);
  });

  test.each<[string, (object: IpcObject) => unknown]>([
    ['fd', (object) => object.fd],
    ['takeFd', (object) => object.takeFd()],
    ['toSocket', (object) => object.toSocket()],
    ['toServer', (object) => object.toServer()],
    ['from', (object) => IpcObject.from(object)],
    ['sending', (object) => descriptorsOf([object])],
    ['descriptorOf', (object) => descriptorOf(object)],
  ])('that is closed or taken is of no use for %s', (_, use) => {
    const shut = fromFile();
    shut.close();
    expect(() => use(shut)).toThrow(closed);
    const taken = fromFile();
    closeSync(taken.takeFd());
    expect(() => use(taken)).toThrow(closed);
  });
});

describe('the objects of a message', () => {
  function* repeat(object: IpcObject, times: number): Generator<IpcObject> {
    for (let i = 0; i < times; i++) yield object;
  }

  test('may come from any iterable, and stay open', () => {
    const objects = [fromFile(), fromFile()];
    const descriptors = objects.map(descriptorOf);
    expect(descriptorsOf(objects)).toEqual(descriptors);
    expect(descriptorsOf(new Set(objects))).toEqual(descriptors);
    expect(descriptorsOf(objects.values())).toEqual(descriptors);
    expect(descriptorsOf([])).toEqual([]);
  });

  test.each([null, 5, 'fd', {}])('are an iterable, not %p', (objects) => {
    expect(() => descriptorsOf(objects)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  });

  test('are IpcObjects', () => {
    expect(() => descriptorsOf([fromFile(), { fd: 0 }])).toThrow('"options.objects[1]" property must be an instance of IpcObject');
  });

  test('are at most 253, and no more of them are looked at', () => {
    expect(descriptorsOf(repeat(fromFile(), 253))).toHaveLength(253);
    expect(() => descriptorsOf(repeat(fromFile(), Infinity))).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
  });
});
