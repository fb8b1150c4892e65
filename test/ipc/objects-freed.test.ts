import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { type Channel, Endpoint, IpcObject, Listener } from 'gips';
import { descriptors } from '../environment/leaks.mjs';
import { eventually } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair, type Pair } from '../support/pair.js';
import { firstClient } from '../support/peer.js';
import { start } from '../support/processes.js';

const MESSAGES = 20;
const OBJECTS = 5;

let objects: IpcObject[];

beforeEach(() => {
  const fd = openSync(devNull, 'r');
  objects = Array.from({ length: OBJECTS }, () => keep(IpcObject.from({ fd })));
  closeSync(fd);
});

async function sendObjects(channel: Channel): Promise<void> {
  for (let count = 0; count < MESSAGES; count += 1) await channel.send('objects', { objects });
  await channel.flush();
}

test('objects that the program has forgotten are closed by the garbage collector', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const program = start('drop-objects', { argument: { name: listener.name, messages: MESSAGES }, nodeOptions: ['--expose-gc'] });
  const connection = await firstClient(listener);
  await connection.send('begin');
  await program.next('ready');
  await sendObjects(connection);
  const { before, during } = await program.next<{ before: number; during: number }>('holding');
  expect(during).toBe(before + MESSAGES * OBJECTS);
  expect(await program.next('dropped')).toBe(before);
  await program.finish();
});

describe('objects of messages that nobody takes are closed when', () => {
  let pair: Pair;
  let before: number;

  // What is made once in a process, by whoever comes first.
  beforeAll(async () => {
    const { listener, endpoint, connection } = await connectPair();
    const object = IpcObject.from({ fd: 0 });
    await endpoint.send('object', { objects: [object] });
    object.close();
    (await connection.recv()).objects[0]!.close();
    await endpoint.close();
    await listener.close();
  });

  beforeEach(async () => {
    before = descriptors().length;
    pair = await connectPair();
  });

  /** All of them are in this process now, in messages that have not been taken. */
  async function receiveAll(): Promise<void> {
    await sendObjects(pair.endpoint);
    await eventually(() => expect(pair.connection.stats.messagesReceived).toBe(MESSAGES));
    expect(descriptors().length).toBeGreaterThanOrEqual(before + MESSAGES * OBJECTS);
  }

  async function expectNoneLeft(): Promise<void> {
    await eventually(() => expect(descriptors().length).toBeLessThanOrEqual(before));
  }

  test('their channel is closed', async () => {
    await receiveAll();
    await pair.connection.close();
    await pair.listener.close();
    await expectNoneLeft();
  });

  test('their channel is destroyed', async () => {
    await receiveAll();
    pair.connection.destroy();
    await pair.listener.close();
    await expectNoneLeft();
  });

  test('their listener is closed', async () => {
    await receiveAll();
    await pair.listener.close();
    await expectNoneLeft();
  });

  test('their listener is closed, though their sender had left before', async () => {
    await receiveAll();
    await pair.endpoint.close();
    await pair.listener.close();
    pair.connection.destroy();
    await expectNoneLeft();
  });

  test('the messages of a channel are never even received', async () => {
    const silent = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(silent.name));
    endpoint.sendSync('objects', { objects });
    await endpoint.close();
    await silent.close();
    await pair.listener.close();
    await pair.endpoint.close();
    await expectNoneLeft();
  });
});

test('the sender keeps its own objects', async () => {
  const { connection, endpoint } = await connectPair();
  await endpoint.send('objects', { objects });
  const message = await connection.recv();
  for (const object of objects) expect(object.fd).toBeGreaterThan(2);
  const own = new Set(objects.map(({ fd }) => fd));
  for (const object of message.objects) {
    expect(own).not.toContain(object.fd);
    object.close();
  }
});
