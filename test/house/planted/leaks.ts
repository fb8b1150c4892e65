/** Not a test of its own: leaves one of everything behind. Run by ../leaks.test.ts. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { serviceName, socketPath } from '../../support/names.js';

test('passes', async () => {
  const server = createServer()
    .unref()
    .listen(`\0${serviceName('leaked-socket')}`);
  await once(server, 'listening');
  writeFileSync(socketPath('leaked-file'), '');
  spawn('sleep', ['30'], { stdio: 'ignore' }).unref();
});
