/** Not a test of its own: closes what it opens, though only just before it ends. Run by ../leaks.test.ts. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { serviceName } from '../../support/names.js';

test('passes', async () => {
  const server = createServer().listen(`\0${serviceName()}`);
  await once(server, 'listening');
  server.close();
  spawn('sleep', ['0.2'], { stdio: 'ignore' }).unref();
});
