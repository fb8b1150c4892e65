/**
 * Builds the addon for Windows on a Linux machine, with mingw-w64 (or, as a second opinion, with `zig c++`), from the sources that binding.gyp names for it.
 * Usage: build-windows.mjs [gcc | zig]. Needs x86_64-w64-mingw32-g++-posix, gendef and x86_64-w64-mingw32-dlltool; node.exe is expected in build/windows.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const compiler = process.argv[2] ?? 'gcc';
const folder = join(root, 'build', 'windows', compiler);
const COMMANDS = { gcc: ['x86_64-w64-mingw32-g++-posix'], zig: ['zig', 'c++', '-target', 'x86_64-windows-gnu'] };
const [command, ...prefix] = COMMANDS[/** @type {keyof typeof COMMANDS} */ (compiler)];

const { sources, includes, defines, libraries } = readTarget('gips');
mkdirSync(folder, { recursive: true });
const flags = [...prefix, '-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror', '-fno-exceptions', '-municode'];
const inputs = [...includes.map((path) => `-I${path}`), `-I${nodeHeaders()}`, ...defines.map((name) => `-D${name}`)];
await forEach(sources, (source) => compile(source));
link();
if (compiler === 'gcc') await forEach(programs(), (source) => buildProgram(source));

/**
 * The parts of binding.gyp that hold for Windows. It is a literal that JavaScript understands as well, but for its comments.
 * @param {string} name
 */
function readTarget(name) {
  const text = readFileSync(join(root, 'binding.gyp'), 'utf8').replace(/^\s*#.*$/gm, '');
  const gyp = /** @type {any} */ (new Function(`return (${text})`)());
  const target = gyp.targets.find((/** @type {any} */ each) => each.target_name === name);
  const parts = [gyp.target_defaults, target].flatMap((part) => [part, ...windowsParts(part)]);
  const collect = (/** @type {string} */ key) => parts.flatMap((part) => part[key] ?? []);
  return {
    sources: collect('sources'),
    includes: collect('include_dirs').map((path) => (path.startsWith('<') ? require('node-addon-api').include_dir : join(root, path))),
    defines: [...collect('defines'), 'BUILDING_NODE_EXTENSION'],
    libraries: collect('libraries'),
  };
}

/** @param {any} part */
function windowsParts(part) {
  return (part.conditions ?? []).filter(([condition]) => condition === "OS=='win'").map(([, then]) => then);
}

/** Those that came with this Node, or that node-gyp has fetched: they are the same for each platform. */
function nodeHeaders() {
  const beside = join(dirname(dirname(process.execPath)), 'include', 'node');
  if (existsSync(join(beside, 'uv', 'win.h'))) return beside;
  throw new Error(`there are no headers of Node at ${beside}; set npm_config_nodedir`);
}

/** @param {string} source */
function objectOf(source) {
  return join(folder, `${source.replaceAll('/', '_')}.o`);
}

/** @param {string} source */
async function compile(source) {
  const object = objectOf(source);
  if (isFresh(object)) return;
  mkdirSync(dirname(object), { recursive: true });
  await run([...flags, ...inputs, '-MMD', '-MF', `${object}.d`, '-c', join(root, source), '-o', object]);
}

/**
 * Whether it is younger than everything it was made of.
 * @param {string} object
 */
function isFresh(object) {
  if (!existsSync(object) || !existsSync(`${object}.d`)) return false;
  const [, ...made] = readFileSync(`${object}.d`, 'utf8').replaceAll('\\\n', ' ').split(/\s+/);
  const time = statSync(object).mtimeMs;
  return made.every((path) => path === '' || (existsSync(path) && statSync(path).mtimeMs < time));
}

function link() {
  const node = importNode();
  const addon = join(root, 'prebuilds', 'win32-x64', 'gips.node');
  mkdirSync(dirname(addon), { recursive: true });
  const still = compiler === 'gcc' ? ['-static', '-static-libgcc', '-static-libstdc++', '-ldelayimp'] : [];
  const output = compiler === 'gcc' ? addon : join(folder, 'gips.node');
  const libs = libraries.map((/** @type {string} */ library) => library.replace(/^-l(.*?)(\.lib)?$/, '-l$1'));
  execFileSync(command, [...prefix, '-shared', '-s', '-o', output, ...sources.map(objectOf), node, ...libs, ...still], {
    stdio: 'inherit',
  });
  console.log(relative(root, output));
}

/**
 * The symbols of node.exe that an addon may use, for a library that is found when it is first called: so that the host may have another name than node.exe. zig's linker knows
 * no such libraries, and gets an ordinary one.
 */
function importNode() {
  const library = join(folder, 'libnode.a');
  if (existsSync(library)) return library;
  const node = join(root, 'build', 'windows', 'node.exe');
  const symbols = execFileSync('gendef', ['-', node], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => /^(napi|node_api|uv)_\w+/.test(line));
  writeFileSync(join(folder, 'node.def'), ['LIBRARY node.exe', 'EXPORTS', ...symbols, ''].join('\n'));
  const kind = compiler === 'gcc' ? '-y' : '-l';
  execFileSync('x86_64-w64-mingw32-dlltool', ['-d', join(folder, 'node.def'), '-D', 'node.exe', kind, library]);
  return library;
}

/** The programs that tests use: each is one file. */
function programs() {
  const sources = join(root, 'test', 'programs', 'windows');
  return readdirSync(sources)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(sources, name));
}

/** @param {string} source */
async function buildProgram(source) {
  const output = join(root, 'build', 'windows', `${basename(source, '.cc')}.exe`);
  const tokens = join(dirname(source), 'tokens.h');
  if (existsSync(output) && [source, tokens].every((path) => statSync(path).mtimeMs < statSync(output).mtimeMs)) return;
  await run([...flags, ...defines.map((name) => `-D${name}`), '-static', '-s', source, '-o', output, '-ladvapi32']);
}

/** @param {string[]} arguments_ */
function run(arguments_) {
  return new Promise((resolve, reject) => {
    spawn(command, arguments_, { stdio: 'inherit' }).on('exit', (code) => {
      if (code === 0) resolve(undefined);
      else reject(new Error(`${command} failed for ${arguments_.at(-3)}`));
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
