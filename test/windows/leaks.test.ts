/** The look around after each suite sees on Windows what a suite leaves behind: see test/house/leaks.test.ts for Linux. */
import { openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { Listener } from 'gips';

import { takeInventory, waitForLeftovers } from '../environment/leaks.mjs';
import { serviceName, socketPath } from '../support/names.js';
import { describeOnWindows } from '../support/platform.js';
import { start } from '../support/processes.js';

describeOnWindows('what is left behind is noticed', () => {
  const NO_GRACE = 0;
  let before: string[];

  beforeEach(() => {
    before = takeInventory();
  });
  afterEach(async () => expect(await waitForLeftovers(before)).toEqual([]));

  test('of pipes', async () => {
    const listener = await Listener.bind(serviceName());
    expect(await waitForLeftovers(before, NO_GRACE)).toContainEqual(expect.stringMatching(/^handle \d+: Pipe$/));
    await listener.close();
  });

  test('of files', async () => {
    const path = socketPath('file');
    writeFileSync(path, '');
    const fd = openSync(path, 'r');
    const leftovers = await waitForLeftovers(before, NO_GRACE);
    closeSync(fd);
    rmSync(path);
    expect(leftovers).toContainEqual(expect.stringMatching(/^handle \d+: File$/));
    expect(leftovers).toContainEqual(expect.stringMatching(/^file .*gips-test/));
  });

  test('of processes', async () => {
    const name = serviceName();
    const program = start('echo-server', { argument: { name } });
    await program.next('listening');
    expect(await waitForLeftovers(before, NO_GRACE)).toContain(`process ${program.pid} (running): node.exe`);
    await program.kill();
  });
});
