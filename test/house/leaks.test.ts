import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs one file of planted/ as a suite of its own. */
function runPlanted(name: string): { status: number | null; output: string } {
  const result = spawnSync(
    process.execPath,
    ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testMatch', `<rootDir>/test/house/planted/${name}`],
    { cwd: root, encoding: 'utf8' },
  );
  return { status: result.status, output: result.stderr };
}

/** What the planted suite left behind, it leaves to us. */
function clean(output: string): void {
  for (const [, pid] of output.matchAll(/process (\d+) \(/g)) process.kill(Number(pid));
  for (const [, file] of output.matchAll(/file (\S+)/g)) rmSync(file!);
}

test('a suite that leaves something behind fails with the list of it', () => {
  const { status, output } = runPlanted('leaks.ts');
  clean(output);
  expect(status).toBe(1);
  expect(output).toContain('this suite left behind:');
  expect(output).toMatch(/descriptor \d+: socket:/);
  expect(output).toMatch(/process \d+ \(S\): sleep 30/);
  expect(output).toMatch(/socket @gips-test\.\d+\.\d+\.leaked-socket/);
  expect(output).toMatch(/file \/\S+leaked-file/);
});

test('what closes a moment after the last test is not reported', () => {
  expect(runPlanted('nothing.ts')).toMatchObject({ status: 0 });
});

test('the sandbox knows the symbols of explicit resource management', () => {
  expect([typeof Symbol.dispose, typeof Symbol.asyncDispose]).toEqual(['symbol', 'symbol']);
});
