/** The addon finds the functions it calls in whatever program it is loaded into, not in a node.exe. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Endpoint } from 'gips';

import { within } from '../support/deadline.js';
import { onLine, Queue } from '../support/lines.js';
import { serviceName } from '../support/names.js';
import { describeOnWindows } from '../support/platform.js';
import { track } from '../support/running.js';

const PROGRAM = fileURLToPath(new URL('../programs/echo-server.mjs', import.meta.url));

describeOnWindows('a host with another name', () => {
  test('loads the addon, and serves', async () => {
    const host = join(tmpdir(), `${serviceName('other')}.exe`);
    copyFileSync(process.execPath, host);
    const name = serviceName();
    const child = spawn(host, [PROGRAM, JSON.stringify({ name })], { stdio: ['ignore', 'pipe', 'inherit'] });
    track(child);
    const lines = new Queue<string>();
    onLine(child.stdout, (line) => lines.push(line));
    expect(JSON.parse(await within(lines.next(), 'the host'))).toEqual(['listening', name]);
    const endpoint = await Endpoint.connect(name);
    await endpoint.send('hello');
    expect((await endpoint.recv()).text()).toBe('hello');
    await endpoint.close();
    const closed = once(child, 'close');
    child.kill();
    await closed;
    rmSync(host);
  });
});
