/** What the clients of flow-order.test.ts send: messages of random sizes, some with objects, that both sides can work out for themselves. */
import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { IpcObject } from '../../dist/index.js';
import { randomNumbers } from './random.mjs';

const KIB = 1024;
const OBJECTS = 3;

/** Upper bounds of sizes, and how many of a thousand messages are that large at the most. Every twentieth is empty. */
const SIZES = [
  { most: 0, share: 50 },
  { most: KIB, share: 800 },
  { most: 16 * KIB, share: 120 },
  { most: 100 * KIB, share: 20 },
  { most: 300 * KIB, share: 10 },
];
const SHARE_WITH_OBJECTS = 30;

const noise = makeNoise(600 * KIB);

/**
 * @param {number} client
 * @param {number} number
 * @returns {{ payload: Buffer, objects: number[] }} its bytes, and which of the client's objects go with it
 */
export function trafficMessage(client, number) {
  const random = randomNumbers(client * 1_000_003 + number);
  const size = sizeOf(random() % 1000, random());
  const start = random() % (noise.length - size);
  const payload = Buffer.from(noise.subarray(start, start + size));
  if (size >= 4) payload.writeUInt32LE(number);
  const count = random() % 1000 < SHARE_WITH_OBJECTS ? 1 + (random() % OBJECTS) : 0;
  return { payload, objects: Array.from({ length: count }, () => random() % OBJECTS) };
}

/**
 * Files, each with its own content.
 * @param {number} client
 */
export function openObjects(client) {
  return Array.from({ length: OBJECTS }, (_, index) => {
    const path = join(tmpdir(), `gips-test.${process.ppid}.${process.pid}.${index}`);
    writeFileSync(path, contentOf(client, index));
    const fd = openSync(path, 'r');
    rmSync(path);
    const object = IpcObject.from({ fd });
    closeSync(fd);
    return object;
  });
}

/** Checks the messages of one client as they come, and sums them up. */
export class TrafficCheck {
  count = 0;
  objects = 0;
  checksum = 0;
  /** The number of the first message that was not what it should have been. */
  firstWrong = null;
  #client;

  /** @param {number} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {import('gips').Message} message */
  take({ payload, objects }) {
    const expected = trafficMessage(this.#client, this.count);
    const isRight =
      payload.equals(expected.payload) &&
      `${objects.map(readObject)}` === `${expected.objects.map((index) => contentOf(this.#client, index))}`;
    if (!isRight) this.firstWrong ??= this.count;
    this.count += 1;
    this.objects += objects.length;
    this.checksum = crc32(payload, this.checksum);
    for (const object of objects) object.close();
    return this.count;
  }

  get result() {
    const { count, objects, checksum, firstWrong } = this;
    return { count, objects, checksum, firstWrong };
  }
}

function contentOf(client, index) {
  return `object ${index} of client ${client}`;
}

function readObject({ fd }) {
  const bytes = Buffer.alloc(100);
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0));
}

function sizeOf(dice, random) {
  let sum = 0;
  const { most } = SIZES.find(({ share }) => (sum += share) > dice);
  return random % (most + 1);
}

function makeNoise(size) {
  const random = randomNumbers(size);
  return Buffer.from(Uint32Array.from({ length: size / 4 }, random).buffer);
}
