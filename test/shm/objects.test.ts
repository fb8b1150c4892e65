import { closeSync, openSync } from 'node:fs';
import { type Channel, IpcObject, Shm } from 'gips';
import { eventually } from '../support/deadline.js';
import { badArgument, errorLike } from '../support/errors.js';
import { regionHandles } from '../support/handles.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair, type Pair } from '../support/pair.js';
import { start } from '../support/processes.js';

const MAX_OBJECTS = 253;

function createWith(text: string): Shm {
  const shm = keep(Shm.create(null, 100));
  shm.write(text);
  return shm;
}

function textOf(shm: Shm): string {
  return shm.read().toString('latin1').replace(/\0+$/, '');
}

/** An object that is no region. */
function nullDevice(): IpcObject {
  const fd = openSync('/dev/null', 'r');
  try {
    return keep(IpcObject.from({ fd }));
  } finally {
    closeSync(fd);
  }
}

test('an object outlives the region it was made of', () => {
  const shm = createWith('outlived');
  const object = keep(shm.toObject());
  shm.close();
  expect(textOf(keep(object.toShm()))).toBe('outlived');
});

test('a region outlives the object it was made of, which is consumed', () => {
  const object = createWith('taken').toObject();
  const shm = keep(Shm.from(object));
  expect(() => object.fd).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  expect(() => object.toShm()).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  object.close();
  expect(textOf(shm)).toBe('taken');
});

test.each([
  ['toObject', (shm: Shm) => shm.toObject()],
  ['IpcObject.from', (shm: Shm) => IpcObject.from(shm)],
])('many objects by %s share one memory', (_how, toObject) => {
  const shm = createWith('all');
  const others = Array.from({ length: 50 }, () => keep(keep(toObject(shm)).toShm()));
  for (const [i, other] of others.entries()) {
    expect(textOf(other)).toBe(i === 0 ? 'all' : `${i - 1}`.padEnd(3, '-'));
    other.write(`${i}`.padEnd(3, '-'));
  }
  expect(textOf(shm)).toBe('49-');
  expect(toObject(shm).kind).toBe('fd');
});

test('an object that is no region stays as it was', () => {
  const object = nullDevice();
  expect(() => object.toShm()).toThrow(errorLike({ name: 'GipsError', code: 'EINVAL' }));
  expect(() => Shm.from(object)).toThrow(errorLike({ code: 'EINVAL' }));
  expect(object.fd).toBeGreaterThan(2);
});

test.each([undefined, null, {}, { fd: 1 }, 5])('a region is not made from %p', (source) => {
  expect(() => Shm.from(source as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'object', 'an instance of IpcObject'));
});

test('the options of from are checked before the object is consumed', () => {
  const object = keep(createWith('here').toObject());
  expect(() => Shm.from(object, { allowUnsealed: 1 as never })).toThrow(
    badArgument('ERR_INVALID_ARG_TYPE', 'options.allowUnsealed', 'of type boolean'),
  );
  expect(() => Shm.from(object, 5 as never)).toThrow(badArgument('ERR_INVALID_ARG_TYPE', 'options', 'of type object'));
  const getter = {
    get allowUnsealed(): boolean {
      object.close();
      return true;
    },
  };
  expect(() => Shm.from(object, getter)).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
});

describe('in messages', () => {
  let pair: Pair;
  beforeEach(async () => (pair = await connectPair()));

  const directions: [string, () => [Channel, Channel]][] = [
    ['to the server', () => [pair.endpoint, pair.connection]],
    ['to the client', () => [pair.connection, pair.endpoint]],
  ];

  test.each(directions)('253 regions and other objects, mixed, arrive %s in order', async (_direction, sides) => {
    const [sender, receiver] = sides();
    const device = nullDevice();
    const objects = Array.from({ length: MAX_OBJECTS }, (_, i) => {
      if (i % 3 === 0) return device;
      const shm = createWith(`region ${i}`);
      return i % 3 === 1 ? shm : keep(shm.toObject());
    });
    await sender.send('mixed', { objects });
    const received = (await receiver.recv()).objects;
    expect(received).toHaveLength(MAX_OBJECTS);
    for (const [i, object] of received.entries()) {
      keep(object);
      if (i % 3 === 0) expect(() => object.toShm()).toThrow(errorLike({ code: 'EINVAL' }));
      else expect(textOf(keep(object.toShm()))).toBe(`region ${i}`);
    }
  });

  test('the sender keeps its own', async () => {
    const shm = createWith('mine');
    await pair.endpoint.send('', { objects: new Set([shm]) });
    const received = keep((await pair.connection.recv()).objects[0]!.toShm());
    received.write('ours');
    received.close();
    expect(textOf(shm)).toBe('ours');
  });

  test('one more is EMSGSIZE', async () => {
    const shm = createWith('');
    const objects = Array.from({ length: MAX_OBJECTS + 1 }, () => shm);
    await expect(pair.endpoint.send('', { objects })).rejects.toEqual(errorLike({ code: 'EMSGSIZE' }));
  });

  test('a region that is closed is not sent', async () => {
    const [open, closed] = [createWith(''), createWith('')];
    closed.close();
    await expect(pair.endpoint.send('', { objects: [open, closed] })).rejects.toEqual(errorLike({ code: 'ERR_GIPS_CLOSED' }));
    function* closing(): Generator<Shm> {
      yield open;
      open.close();
    }
    await expect(pair.endpoint.send('', { objects: closing() })).rejects.toEqual(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });

  test('a region that an option closes is not sent either', () => {
    const shm = createWith('');
    const options = {
      objects: [shm],
      get timeout(): number {
        shm.close();
        return 1000;
      },
    };
    expect(() => pair.endpoint.sendSync('', options)).toThrow(errorLike({ name: 'GipsError' }));
  });

  test('what is no object is not sent', async () => {
    const error = badArgument('ERR_INVALID_ARG_TYPE', 'options.objects[1]', 'an instance of IpcObject or Shm');
    await expect(pair.endpoint.send('', { objects: [createWith(''), { fd: 1 } as never] })).rejects.toEqual(error);
  });

  test('a message that nobody takes frees its regions', async () => {
    const before = regionHandles();
    const shm = Shm.create(null, 100);
    for (let i = 0; i < 10; i += 1) await pair.endpoint.send('', { objects: [shm, shm, shm] });
    shm.close();
    await eventually(() => expect(pair.connection.stats.messagesReceived).toBe(10));
    expect(regionHandles()).toBeGreaterThanOrEqual(before + 30);
    pair.connection.destroy();
    await eventually(() => expect(regionHandles()).toBeLessThan(before));
  });
});

test('1,000 regions created, sent, used and closed leave nothing behind on either side', async () => {
  const name = serviceName();
  const [receiver, sender] = ['receiver', 'sender'].map((role) => {
    return () => start('shm-rounds', { argument: { role, name, rounds: 1000 }, nodeOptions: ['--expose-gc'] });
  });
  const server = receiver!();
  await server.next('listening');
  const client = sender!();
  for (const program of [server, client]) {
    expect(await program.next('left', 60_000)).toEqual([]);
    expect(await program.next<number>('grown')).toBeLessThan(20);
  }
  await Promise.all([server.finish(), client.finish()]);
}, 90_000);
