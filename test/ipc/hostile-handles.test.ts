/** Peers on Windows that name handles which they do not have, or that are not theirs. */
import { type Connection, IpcObject, Listener } from 'gips';
import { Kind } from '#lib/native/binding.js';
import { frame } from '../core/packets.js';
import { describeOnWindows } from '../support/accounts.js';
import { BarePeer } from '../support/bare-peer.js';
import { errorLike } from '../support/errors.js';
import { hello, message } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';

const HANDLES = 17;
const ID = 0x1122334455667788n;

const Place = { NOWHERE: 0, WITH_RECEIVER: 1, WITH_SENDER: 2, UNKNOWN: 3 } as const;
type Place = (typeof Place)[keyof typeof Place];

function announcement(section: number | bigint, mayPull = true): Buffer {
  const payload = Buffer.alloc(16);
  payload.writeBigUInt64LE(BigInt.asUintN(64, BigInt(section)), 0);
  payload.writeBigUInt64LE(ID, 8);
  return frame(HANDLES, { payload, correlation: mayPull ? 1 : 0 });
}

function reference(place: Place, entry: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(entry, 0);
  bytes.writeUInt16LE(place, 2);
  return bytes;
}

function withObjects(...references: Buffer[]): Buffer {
  return Buffer.concat([frame(Kind.MESSAGE, { payload: Buffer.from('take this'), objects: references.length }), ...references]);
}

let listener: Listener;
let peer: BarePeer;
let connection: Connection;

async function greet(...announced: Buffer[]): Promise<void> {
  await peer.send(Buffer.concat([hello(listener.name), ...announced]));
  const { value } = await listener.connections().next();
  connection = keep(value!);
}

beforeEach(async () => {
  listener = keep(await Listener.bind(serviceName()));
  peer = await BarePeer.connect(listener.name);
});
afterEach(async () => {
  await peer.kill();
  await listener.close();
});

async function expectLost(code: string): Promise<void> {
  await peer.send(message('next'));
  await expect(connection.recv()).rejects.toThrow(errorLike({ code }));
  expect((await connection.recv()).text()).toBe('next');
}

describeOnWindows('a violation is', () => {
  test.each([
    ['an entry of the receiver in which nobody has put anything', withObjects(reference(Place.WITH_RECEIVER, 0))],
    ['an entry of the receiver that does not exist', withObjects(reference(Place.WITH_RECEIVER, 65_535))],
    ['an unknown place', withObjects(reference(Place.UNKNOWN, 0))],
    ['a message that lacks a reference', withObjects(reference(Place.NOWHERE, 0), Buffer.alloc(0))],
    ['a message with something behind its references', withObjects(Buffer.concat([reference(Place.NOWHERE, 0), Buffer.alloc(1)]))],
    ['a second announcement', announcement(4)],
  ])('%s', async (_, packet) => {
    await greet(announcement(4));
    await peer.send(packet);
    await expect(connection.recv()).rejects.toThrow(errorLike({ code: 'EBADMSG' }));
  });
});

describeOnWindows('a message is lost', () => {
  test('without its objects, and the channel goes on', async () => {
    await greet(announcement(4));
    await peer.send(withObjects(reference(Place.NOWHERE, 0)));
    await expectLost('EACCES');
  });

  test('if the peer never said where its handles are', async () => {
    await greet();
    await peer.send(withObjects(reference(Place.WITH_SENDER, 0)));
    await expectLost('EACCES');
  });

  test.each([0, 3, 4, 8, 64, 0x7ff0, 2 ** 31, 2n ** 32n, -1, -2])('if the table it announces is its handle %d', async (section) => {
    await greet(announcement(section));
    await peer.send(withObjects(reference(Place.WITH_SENDER, 0)));
    await expectLost('EACCES');
  });

  test.each(['short', 'reserved', 'file', 'event'] as const)('if its table is memory that could fault, or none: %s', async (kind) => {
    await greet(announcement(await peer.makeTable(kind)));
    await peer.send(withObjects(reference(Place.WITH_SENDER, 0)));
    await expectLost('EACCES');
  });

  test.each(['0', '3', '0x7ff0', '0xffffffffffffffff', '0xfffffffffffffffe'])(
    'if its table has no handle of its process, but %s',
    async (handle) => {
      await greet(announcement(await peer.makeTable('plain', handle)));
      await peer.send(withObjects(reference(Place.WITH_SENDER, 0)));
      await expectLost('ECONNRESET');
    },
  );

  test('if its table has nothing in the entry', async () => {
    await greet(announcement(await peer.makeTable('plain', 'itself')));
    await peer.send(withObjects(reference(Place.WITH_SENDER, 1)));
    await expectLost('ECONNRESET');
  });
});

describeOnWindows('an object', () => {
  test('can be fetched once, and need not be a file', async () => {
    await greet(announcement(await peer.makeTable('plain', 'itself')));
    await peer.send(withObjects(reference(Place.WITH_SENDER, 0)));
    const { objects } = await connection.recv();
    const object = keep(objects[0]!);
    expect(object.kind).toBe('handle');
    expect(() => object.fd).toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
    expect(() => object.takeFd()).toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
    await peer.send(withObjects(reference(Place.WITH_SENDER, 0)));
    await expectLost('ECONNRESET');
  });

  test('is not given to a peer that cannot be given any, which is told', async () => {
    await greet(announcement(4, false));
    await peer.receive();
    const object = keep(IpcObject.from({ fd: 0 }));
    await connection.send('take this', { objects: [object] });
    const { bytes } = await peer.receive();
    expect(bytes.subarray(-4)).toEqual(reference(Place.NOWHERE, 0));
  });
});
