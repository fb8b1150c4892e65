/** Messages of all kinds in a fixed order: empty ones and ones of several MiB, strings, objects of two kinds; so both ends can work out which one comes next. */
import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IpcObject, Shm } from '../../dist/index.js';
import { randomNumbers } from './random.mjs';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Around what matters to rings and to packets. */
const EDGES = [0, 1, 7, 8, 9, 2016, 2024, 2025, 4 * KIB, 16 * KIB, 32 * KIB - 24, 32 * KIB, 65_536, 65_537, 130 * KIB, 512 * KIB];
const NOISE = noise(4 * MIB);

/**
 * Message number `number`.
 * @param {number} number
 * @returns {{ payload: string | Buffer, object?: 'memory' | 'file' }}
 */
export function mixed(number) {
  const random = randomNumbers(number);
  const payload = payloadOf(number, random);
  const object = number % 11 === 3 ? 'memory' : number % 17 === 5 ? 'file' : undefined;
  return { payload: number % 7 === 1 && payload.length < KIB ? payload.toString('latin1') : payload, object };
}

/**
 * Sends the first `count` messages and receives as many at the same time.
 * @param {import('gips').Channel} channel
 * @param {number} count
 * @returns {Promise<number | null>} the number of the first that was not what it should have been
 */
export async function exchange(channel, count) {
  const [, firstWrong] = await Promise.all([sendMixed(channel, count), receiveMixed(channel, count)]);
  return firstWrong;
}

async function sendMixed(channel, count) {
  for (let number = 0; number < count; number += 1) {
    const { payload, object } = mixed(number);
    const objects = object === undefined ? [] : [open(object, number)];
    const sent = channel.send(payload, { objects });
    for (const each of objects) each.close();
    await sent;
  }
}

async function receiveMixed(channel, count) {
  let firstWrong = null;
  for (let number = 0; number < count; number += 1) {
    if (!isWhole(await channel.recv(), number)) firstWrong ??= number;
  }
  return firstWrong;
}

function isWhole({ payload, objects }, number) {
  const expected = mixed(number);
  const isRight = payload.equals(Buffer.from(expected.payload)) && objects.length === (expected.object === undefined ? 0 : 1);
  const contents = objects.map((object) => contentOf(object, expected.object));
  return isRight && contents.every((content) => content === number);
}

/** Something that has the number for its content. */
function open(what, number) {
  const text = String(number).padStart(8);
  if (what === 'memory') {
    const shm = Shm.create(null, KIB);
    shm.write(text);
    return shm;
  }
  const path = join(tmpdir(), `gips-test.${process.ppid}.${process.pid}.${number}`);
  writeFileSync(path, text);
  const fd = openSync(path, 'r');
  rmSync(path);
  const object = IpcObject.from({ fd });
  closeSync(fd);
  return object;
}

/** Closes it. */
function contentOf(object, what) {
  const bytes = Buffer.alloc(8);
  if (what === 'memory') {
    const shm = object.toShm();
    shm.read(0, 8).copy(bytes);
    shm.close();
  } else {
    readSync(object.fd, bytes, 0, 8, 0);
    object.close();
  }
  return Number(bytes.toString());
}

function payloadOf(number, random) {
  if (number % 97 === 50) return part(random, 1 + (random() % (4 * MIB)));
  if (number % 5 === 2) return part(random, EDGES[random() % EDGES.length]);
  return part(random, random() % 300);
}

function part(random, size) {
  const start = random() % (NOISE.length - size + 1);
  return NOISE.subarray(start, start + size);
}

/** Letters, so that they are as long as a string. They repeat themselves at no power of two. */
function noise(size) {
  const random = randomNumbers(size);
  return Buffer.alloc(
    size,
    Uint8Array.from({ length: 65_521 }, () => 97 + (random() % 26)),
  );
}
