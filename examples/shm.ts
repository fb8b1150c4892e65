/**
 * A producer and a consumer that share memory, two processes started by one command: `npm run example:shm`.
 *
 * The consumer is the process you start; it starts the producer. They see each other's writes, take turns by waiting on a word of the memory, and
 * at last compare what 64 MiB cost as shared memory and as a message.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Endpoint, Listener, Shm, type Message } from 'gips';

const MIB = 1024 * 1024;
const LARGE = 64 * MIB;
const ROUNDS = 5;
/** Where in the region they say whose turn it is, and where the text begins. */
const TURN = 0;
const TEXT = 8;

const [role = 'consumer', name = `com.example.shm.${process.pid}`] = process.argv.slice(2);
await (role === 'consumer' ? consume() : produce());

async function consume(): Promise<void> {
  const listener = await Listener.bind(name);
  const producer = spawn(process.execPath, [fileURLToPath(import.meta.url), 'producer', name], { stdio: 'inherit' });
  const exit = once(producer, 'exit') as Promise<[number | null]>;
  const { value: connection } = await listener.connections().next();
  if (connection === undefined) throw new Error('the producer did not come');

  // The region arrives as an object. It is sealed, so that nobody can take its memory away from under us.
  const { objects } = await connection.recv();
  using region = regionOf(objects);
  const turn = region.view(Int32Array, TURN, 1);
  console.log(`consumer: got a region of ${region.size} bytes: "${textOf(region)}"`);
  region.write('Thank you!\0', TEXT);
  Atomics.store(turn, 0, 1);
  region.notify(TURN);

  // Every region is looked at byte by page, and so is every message.
  let sum = 0;
  for (let i = 0; i < 2 * ROUNDS; i += 1) {
    const message = await connection.recv();
    sum += message.objects.length > 0 ? sumOfRegion(message) : sumOfPages(message.payload);
    await connection.send('seen');
  }
  console.log(`consumer: ${sum === 2 * ROUNDS * (LARGE / 4096) ? 'every page was there' : 'something was missing'}`);
  await listener.close();
  const [code] = await exit;
  process.exitCode = code ?? 1;
}

async function produce(): Promise<void> {
  const endpoint = await Endpoint.connect(name);
  {
    using region = Shm.create(null, 4096);
    region.write('Hello from the producer\0', TEXT);
    await endpoint.send('here', { objects: [region] });
    // No polling: the kernel wakes us when the consumer notifies, and returns at once if it has done so already.
    await region.wait(TURN, 0);
    console.log(`producer: the consumer wrote "${textOf(region)}" into my memory`);
  }

  using large = Shm.create(null, LARGE);
  large.bytes.fill(1);
  const payload = Buffer.alloc(LARGE, 1);
  const asRegion = await time(endpoint, () => endpoint.send('', { objects: [large] }));
  const asMessage = await time(endpoint, () => endpoint.send(payload));
  console.log(
    `producer: 64 MiB to the consumer and seen by it: ${asRegion.toFixed(1)} ms as a region, ${asMessage.toFixed(1)} ms as a message`,
  );
  await endpoint.close();
}

/** The median time until the consumer has seen what is sent, in milliseconds. */
async function time(endpoint: Endpoint, send: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const start = performance.now();
    await send();
    await endpoint.recv();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN;
}

/** A received object is this process's own. `toShm()` turns it into a region, which is to be closed. */
function regionOf(objects: Message['objects']): Shm {
  const [object] = objects;
  if (object === undefined) throw new Error('no region came');
  return object.toShm();
}

function sumOfRegion({ objects }: Message): number {
  using region = regionOf(objects);
  return sumOfPages(region.bytes);
}

function sumOfPages(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 4096) sum += bytes[at] ?? 0;
  return sum;
}

function textOf(region: Shm): string {
  const bytes = region.read(TEXT);
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}
