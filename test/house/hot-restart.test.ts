/** The example that promises most runs here too, and is seen to fail when something goes wrong. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { within } from '../support/deadline.js';
import { onLine } from '../support/lines.js';
import { track } from '../support/running.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(() => {
  const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, '']);
}, 60_000);

/** Runs the example to its end. */
async function run(onOutput: (line: string) => void = () => undefined): Promise<{ code: number; output: string }> {
  const example = spawn(process.execPath, ['build/examples/hot-restart.js'], { cwd: root });
  track(example);
  let output = '';
  const hear = (line: string): void => {
    output += `${line}\n`;
    onOutput(line);
  };
  onLine(example.stdout, hear);
  onLine(example.stderr, hear);
  const [code] = (await within(once(example, 'close'), 'the end of the example', 60_000)) as [number];
  return { code, output };
}

test('a server is replaced twice, and none of its clients is refused or loses a message', async () => {
  const { code, output } = await run();
  expect([code, output]).toEqual([0, expect.stringContaining('2 restarts, nobody was refused, nothing was lost')]);
  expect(output.match(/has passed on 1 TCP connections/g)).toHaveLength(2);
  expect(output).toMatch(/caller \d+: one connection, \d+ questions, each answered once and in order, by processes \d+, \d+, \d+\n/);
}, 90_000);

test('the example fails when a server does', async () => {
  const { code, output } = await run((line) => {
    const [, pid] = /^server (\d+): accepts too now/.exec(line) ?? [];
    if (pid !== undefined) process.kill(Number(pid), 'SIGKILL');
  });
  expect([code, output]).toEqual([1, expect.not.stringContaining('nothing was lost')]);
  // Its clients end too, and on a busy machine the example may hear of one of them first.
  expect(output).toMatch(/hot-restart-(server successor|client \w+) .*ended with/);
}, 90_000);
