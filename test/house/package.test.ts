import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const typescript = join(root, 'node_modules/typescript/bin/tsc');

let consumer: string;

/** Runs a program in the consumer's project. What npm tells its scripts of this repository must not reach npm there. */
function run(program: string, ...args: string[]): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || name === 'npm_config_nodedir'));
  return execFileSync(program, args, { cwd: consumer, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), 'gips-consumer-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', consumer], { cwd: root, stdio: 'pipe' });
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball()}`);
}, 120_000);
afterAll(() => rmSync(consumer, { recursive: true, force: true }));

function tarball(): string {
  return readdirSync(consumer).find((name) => name.endsWith('.tgz'))!;
}

test('the package holds what its users need and nothing else', () => {
  const files = run('tar', '-tf', tarball())
    .trim()
    .split('\n')
    .map((file) => file.replace(/^package\//, ''));
  expect(files).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']));
  expect(files).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'binding.gyp']));
  expect(files.filter((file) => /^prebuilds\/.+\/gips\.\w+\.node$/.test(file))).toHaveLength(1);
  expect(files.filter((file) => /^(test|addon\/test|examples|bench|lib|build)\/|tsbuildinfo/.test(file))).toEqual([]);
});

test('it is installed without a compiler', () => {
  expect(existsSync(join(consumer, 'node_modules/gips/build'))).toBe(false);
});

test('`import` and `require` give the same classes', () => {
  const imported = `import * as gips from 'gips'; import 'gips/ipc'; import 'gips/poll'; console.log(typeof gips.Listener)`;
  expect(run('node', '--input-type=module', '-e', imported)).toBe('function\n');
  expect(run('node', '-p', `typeof require('gips').Listener`)).toBe('function\n');
});

test('`npx gips` is its command line', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(run('npx', 'gips', '--version')).toBe(`${version}\n`);
});

test('a strict project compiles against the types, and works', () => {
  cpSync(join(root, 'test/house/consumer'), consumer, { recursive: true });
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    outDir: 'out',
  };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts', '*.cts'] }));
  run('node', typescript, '-p', '.');
  expect(run('node', 'out/echo.mjs')).toBe('hello from the same process\nECONNREFUSED\n1 0 true 1\n');
  expect(run('node', 'out/common.cjs')).toBe('true true\n');
}, 60_000);

test('the addon can be built from the packed sources', () => {
  run('npm', 'rebuild', '--build-from-source', 'gips');
  expect(existsSync(join(consumer, 'node_modules/gips/build/Release/gips.node'))).toBe(true);
  expect(run('node', '-p', `typeof require('gips').Listener`)).toBe('function\n');
}, 120_000);
