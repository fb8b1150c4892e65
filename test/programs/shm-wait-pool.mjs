/** Many waits at once, in a process whose libuv has one thread: they occupy neither that nor the event loop. Says how they end. */
import { pbkdf2 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Shm } from 'gips';
import { argument, say } from './talk.mjs';

const shm = Shm.open(argument.region);
const waits = Array.from({ length: argument.count }, () => shm.wait(0, 0));
say('begun');
for (let i = 0; i < 5; i += 1) {
  await readFile(new URL(import.meta.url));
  await promisify(pbkdf2)('secret', 'salt', 10, 16, 'sha256');
  await new Promise((resolve) => setTimeout(resolve, 1));
}
say('worked');
const ends = await Promise.all(waits);
say('ended', ends.filter((end) => end === 'ok').length);
