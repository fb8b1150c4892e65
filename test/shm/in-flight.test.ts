import zlib from 'node:zlib';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

const OPERATIONS = [
  'gzip in many chunks',
  'brotli in many chunks',
  ...('zstdCompress' in zlib ? ['zstd in many chunks'] : []),
  'gunzip in many chunks',
  'gzip',
  'brotli',
  'crypto.randomFill',
  'fs.read',
  'fs.write',
  'fs.writev of many views',
  'a socket that takes no more',
];

describe.each(OPERATIONS)('%s in flight', (operation) => {
  test.each(['close', 'resize', 'forget'])('survives that its region is made to %s, and touches no other', async (change) => {
    const argument = { operation, change, file: serviceName('file') };
    const program = start('shm-in-flight', { argument, nodeOptions: ['--expose-gc'] });
    await program.next('done', 25_000);
    await program.finish();
  });
});
