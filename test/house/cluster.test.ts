/** The example of a service on all cores runs here too. */
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

test('several workers share the clients of one name, and when one is killed every request is answered', async () => {
  const example = spawn(process.execPath, ['build/examples/cluster/main.js'], { cwd: root });
  track(example);
  let output = '';
  for (const stream of [example.stdout, example.stderr]) onLine(stream, (line) => (output += `${line}\n`));
  const [code] = (await within(once(example, 'close'), 'the end of the example', 60_000)) as [number];
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/worker \d+ was killed and replaced; \d+ clients connected again, and every request was answered/),
  ]);
  const rates = [...output.matchAll(/crowd: \d+ answers, \d+ a second, by (\d+) workers/g)];
  expect(rates).toHaveLength(3);
  expect(rates[0]![1]).toBe('1');
  expect(output).toMatch(/\d+ workers answer \d+\.\d times as many requests as one/);
}, 90_000);
