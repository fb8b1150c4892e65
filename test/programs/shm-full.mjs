/** Fills a small /dev/shm, its own, with regions. Says how that ends, and what is there afterwards. */
import { readdirSync } from 'node:fs';
import { Shm } from '../../dist/index.js';
import { say } from './talk.mjs';

const MEBIBYTE = 1024 * 1024;
const regions = [];
try {
  for (;;) {
    const shm = Shm.create(`full-${regions.length}`, { size: 1, maxSize: MEBIBYTE });
    regions.push(shm);
  }
} catch ({ name, code, errno, message }) {
  say('full', { name, code, errno, message });
}
// What was created is really there: it can be touched to its end, though nothing else is left.
for (const shm of regions) {
  shm.resize(MEBIBYTE);
  shm.bytes.fill(1);
}
say('created', regions.length);
say('files', readdirSync('/dev/shm').length);
for (const shm of regions) shm.unlink();
for (const shm of regions) shm.close();
Shm.create('again', MEBIBYTE).close();
