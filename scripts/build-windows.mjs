/**
 * Builds what Windows needs on a Linux machine, with mingw-w64, from the sources that binding.gyp names for it: the addon, into prebuilds/win32-x64, the tests' own
 * addons and the programs of test/programs/windows, into build/windows. With `zig c++`, as a second opinion, it is the addon alone, for nobody to load.
 * Usage: build-windows.mjs [gcc | zig]. Needs x86_64-w64-mingw32-g++-posix, gendef and x86_64-w64-mingw32-dlltool; node.exe is expected in build/windows.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { readTargets } from './windows/target.mjs';

/** @typedef {import('./windows/target.mjs').Target} Target */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const build = join(root, 'build', 'windows');
const prebuilds = join(root, 'prebuilds', 'win32-x64');
const programs = join(root, 'test', 'programs', 'windows');

const COMPILERS = {
  gcc: {
    command: ['x86_64-w64-mingw32-g++-posix'],
    targets: ['gips', 'gips_test', 'windows_facts'],
    folder: join(build, 'gcc'),
    addons: build,
    // A library that is found when it is first called: so that the host may have another name than node.exe.
    importLibrary: '-y',
    linking: ['-static', '-static-libgcc', '-static-libstdc++', '-ldelayimp'],
  },
  zig: {
    command: [process.env['ZIG'] ?? 'zig', 'c++', '-target', 'x86_64-windows-gnu'],
    targets: ['gips'],
    folder: join(build, 'zig'),
    addons: join(build, 'zig'),
    // Its linker knows no such libraries.
    importLibrary: '-l',
    linking: [],
  },
};

const compiler = process.argv[2] ?? 'gcc';
if (!(compiler === 'gcc' || compiler === 'zig')) throw new Error(`there is no compiler ${compiler}: gcc or zig`);
const { command, targets, folder, addons, importLibrary, linking } = COMPILERS[compiler];
const flags = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror', '-fno-exceptions', '-municode'];

mkdirSync(folder, { recursive: true });
mkdirSync(prebuilds, { recursive: true });
for (const target of readTargets(targets)) {
  await forEach(target.sources, (source) => compile(target, source));
  await link(target);
}
if (compiler === 'gcc') {
  const sources = existsSync(programs) ? readdirSync(programs).filter((file) => file.endsWith('.cc')) : [];
  await forEach(sources, (source) => buildProgram(join(programs, source)));
}

/**
 * @param {Target} target
 * @param {string} source
 */
async function compile({ name, includes, defines }, source) {
  const object = objectOf(name, source);
  if (isFresh(object)) return;
  const inputs = [...includes, nodeHeaders()].map((path) => `-I${path}`);
  await run([
    ...flags,
    ...inputs,
    ...defines.map((each) => `-D${each}`),
    '-MMD',
    '-MF',
    `${object}.d`,
    '-c',
    join(root, source),
    '-o',
    object,
  ]);
}

/** @param {Target} target */
async function link({ name, sources, libraries }) {
  const output = join(name === 'gips' && compiler === 'gcc' ? prebuilds : addons, `${name}.node`);
  const objects = sources.map((source) => objectOf(name, source));
  await run(['-shared', '-s', '-o', output, ...objects, nodeLibrary(), ...libraries, ...linking]);
  console.log(relative(root, output));
}

/** @param {string} source */
async function buildProgram(source) {
  const output = join(build, `${basename(source, '.cc')}.exe`);
  if (isFresh(output)) return;
  const defines = ['-D_WIN32_WINNT=0x0A00', '-DNOMINMAX'];
  await run([...flags, ...defines, '-static', '-MMD', '-MF', `${output}.d`, source, '-o', output, '-ladvapi32']);
  console.log(relative(root, output));
}

/**
 * @param {string} name
 * @param {string} source
 */
function objectOf(name, source) {
  return join(folder, `${name}.${source.replaceAll('/', '_')}.o`);
}

/**
 * Whether it is younger than everything it was made of.
 * @param {string} made
 */
function isFresh(made) {
  if (!existsSync(made) || !existsSync(`${made}.d`)) return false;
  const [, ...sources] = readFileSync(`${made}.d`, 'utf8').replaceAll('\\\n', ' ').split(/\s+/);
  const time = statSync(made).mtimeMs;
  return sources.every((path) => path === '' || (existsSync(path) && statSync(path).mtimeMs < time));
}

/** Those that came with this Node, or that node-gyp has fetched: they are the same for each platform. */
function nodeHeaders() {
  const fetched = join(homedir(), '.cache', 'node-gyp', process.versions.node);
  const places = [process.env['npm_config_nodedir'] ?? dirname(dirname(process.execPath)), fetched];
  const headers = places.map((place) => join(place, 'include', 'node')).find((folder) => existsSync(join(folder, 'uv', 'win.h')));
  if (headers === undefined) throw new Error(`there are no headers of Node in ${places.join(' or ')}; set npm_config_nodedir`);
  return headers;
}

/** The symbols of node.exe that an addon may use. */
function nodeLibrary() {
  const library = join(folder, 'libnode.a');
  if (existsSync(library)) return library;
  const node = join(build, 'node.exe');
  const symbols = execFileSync('gendef', ['-', node], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => /^(napi|node_api|uv)_\w+/.test(line));
  const definition = join(folder, 'node.def');
  writeFileSync(definition, ['LIBRARY node.exe', 'EXPORTS', ...symbols, ''].join('\n'));
  execFileSync('x86_64-w64-mingw32-dlltool', ['-d', definition, '-D', 'node.exe', importLibrary, library]);
  return library;
}

/**
 * @param {string[]} arguments_
 * @returns {Promise<void>}
 */
function run(arguments_) {
  const [program = '', ...before] = command;
  return new Promise((resolve, reject) => {
    spawn(program, [...before, ...arguments_], { stdio: 'inherit' })
      .on('error', reject)
      .on('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`this failed: ${[...command, ...arguments_].join(' ')}`));
      });
  });
}

/**
 * As many at a time as there are processors.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => Promise<void>} work
 */
async function forEach(items, work) {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}
