import { readFileSync } from 'node:fs';
import { Listener } from 'gips';
import { Running, type } from '../support/command-line.js';
import { serviceName } from '../support/names.js';

const COMMANDS = ['serve', 'send', 'request', 'listen', 'ls', 'inspect', 'bench', 'doctor'];

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(await type('gips --version')).toEqual({ status: 0, stdout: Buffer.from(`${version}\n`), stderr: '' });
});

test('--help names all commands and the exit codes', async () => {
  const { status, stdout } = await type('gips --help');
  expect(status).toBe(0);
  for (const command of COMMANDS) expect(stdout.toString()).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  expect(stdout.toString()).toMatch(/Exit codes: 0 .* 1 .* 2 .* 3 /);
});

test.each(COMMANDS)('%s --help has examples', async (command) => {
  const { status, stdout } = await type(`gips ${command} --help`);
  expect([status, stdout.toString()]).toEqual([0, expect.stringContaining(`Examples:\n  `)]);
});

test.each([
  ['gips nonsense', /unknown command 'nonsense'/],
  ['gips request', /missing required argument 'name'/],
  ['gips request a b c', /too many arguments/],
  ['gips request a --timeout soon', /integer from 0/],
  ['gips request a --nonsense', /unknown option '--nonsense'/],
  [`gips request ''`, /must not be empty/],
  [`gips request ${'x'.repeat(101)}`, /at most 100/],
  ['gips serve a', /one of --echo and --exec/],
  ['gips serve a --echo --exec cat', /one of --echo and --exec/],
  ['gips serve a --echo --concurrency 0', /integer from 1/],
  ['gips bench a --time -1', /number of seconds/],
  ['gips inspect a --interval 0', /number of seconds/],
])('%s: one line, exit code 2', async (line, complaint) => {
  const { status, stdout, stderr } = await type(line);
  expect([status, stdout.length]).toEqual([2, 0]);
  expect(stderr).toMatch(complaint);
  expect(stderr).toMatch(/^gips: [^\n]+\n$/);
});

test('without a command it says which there are, exit code 2', async () => {
  expect(await type('gips')).toMatchObject({ status: 2, stderr: expect.stringContaining('Commands:') });
});

test.each(['request NAME x', 'send NAME x', 'bench NAME', 'inspect NAME'])('gips %s where nobody serves: exit code 3', async (command) => {
  const { status, stdout, stderr } = await type(`gips ${command.replace('NAME', serviceName())}`);
  expect([status, stdout.length]).toEqual([3, 0]);
  expect(stderr).toMatch(/^gips: ECONNREFUSED: [^\n]+\n$/);
});

test('a name that is taken: exit code 1', async () => {
  const name = serviceName();
  await using _listener = await Listener.bind(name);
  const { status, stderr } = await type(`gips listen ${name}`);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^gips: EADDRINUSE: [^\n]+\n$/);
});

test('a client can be there first', async () => {
  const name = serviceName();
  const asked = type(`gips request ${name} hello --wait`);
  await Running.start('serve', name, '--echo');
  expect(await asked).toMatchObject({ status: 0, stdout: Buffer.from('hello') });
});
