import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, folderOf } from './compile.js';
import { blocksOf, extract, noteOf, placeOf, type Block } from './markdown.js';
import { isCode, scenesOf, sourceOf } from './programs.js';
import { run } from './run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const blocks = pages.map((page) => blocksOf(root, page));
const arranged = blocks.map(scenesOf);
const scenes = arranged.flatMap((page) => page.scenes);

/** What stands for itself, and is neither compiled nor run. */
const TEXT = new Set(['text', 'console', 'json', 'ini', 'toml', 'yaml', 'diff', 'c', 'rust', 'python']);

let folder: string;
let complaints: string[];
beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  folder = mkdtempSync(join(root, 'build/blocks-'));
  complaints = compile(root, folder, scenes);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('each block says what it is', () => {
  const isKnown = (block: Block): boolean => isCode(block) || block.language === 'sh' || TEXT.has(block.language);
  expect(
    blocks
      .flat()
      .filter((block) => !isKnown(block))
      .map(placeOf),
  ).toEqual([]);
});

test('a block that is not run says why', () => {
  const silent = (block: Block): boolean => ['compile only', 'other library'].some((keyword) => noteOf(block, keyword)?.text === '');
  expect(blocks.flat().filter(silent).map(placeOf)).toEqual([]);
});

test('the programs fit together', () => {
  expect(arranged.flatMap(({ problems }) => problems)).toEqual([]);
});

test('each program compiles under the rules of this repository', () => {
  expect(complaints).toEqual([]);
});

test.each(scenes.flatMap((scene, index) => (scene.runs ? [{ place: scene.programs.at(-1)!.place, scene, index }] : [])))(
  '$place runs',
  async ({ scene, index }) => {
    await run(scene, folderOf(folder, index));
  },
);

test('each npm script and each file that a command names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const lines = blocks
    .flat()
    .flatMap((block) => (block.language === 'sh' ? block.lines.map((line) => ({ place: `${block.page}:${line.number}`, ...line })) : []));
  const problems = lines.flatMap(({ place, text }) => {
    const command = text.replace(/(^|\s)#.*$/, '');
    const names = [...command.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)]
      .map(([, name]) => name!)
      .filter((name) => !Object.hasOwn(scripts, name));
    const files = [...command.matchAll(/\b(?:node|bash|sh) ([\w.-]+\/[\w./-]+)/g)]
      .map(([, file]) => file!)
      .filter((file) => !existsSync(join(root, file)));
    return [...names, ...files].map((name) => `${place}: there is no ${name}`);
  });
  expect(problems).toEqual([]);
});

describe('what these tests would find', () => {
  const page = (...lines: string[]): Block[] => extract('page.md', lines.join('\n'));

  test('a block without a language has none', () => {
    expect(page('', '```', 'what is it?', '```')).toMatchObject([{ number: 2, language: '' }]);
  });

  test('a block in a list is read without its indentation', () => {
    expect(page('- see:', '  ```ts', '  await 1;', '  ```')).toMatchObject([{ language: 'ts', lines: [{ text: 'await 1;', number: 3 }] }]);
  });

  test('a program that continues another one is the same program, and a hidden server runs beside it', () => {
    const { scenes: found, problems } = scenesOf(
      page('<!-- server', 'serve();', '-->', '```ts', 'one();', '```', '<!-- continues -->', '```ts', 'two();', '```'),
    );
    expect(problems).toEqual([]);
    expect(found).toMatchObject([
      { runs: true, programs: [{ role: 'server' }, { role: 'main', lines: [{ text: 'one();' }, { text: 'two();' }] }] },
    ]);
  });

  test('a fragment has the names of gips that it uses, and what it talks to; who shows an import shows all of it', () => {
    const texts = (...lines: string[]): string[] =>
      sourceOf(scenesOf(page('```ts', ...lines, '```')).scenes[0]!.programs[0]!, 'test.').map(({ text }) => text);
    expect(texts('const options: ServeOptions = {};', 'new Poller();')).toEqual([
      "import { Poller } from 'gips';",
      "import type { ServeOptions } from 'gips';",
      'const options: ServeOptions = {};',
      'new Poller();',
      'export {};',
    ]);
    expect(texts('await endpoint.flush();')[0]).toMatch(/const endpoint = await .*connect\('test\.scenery'\)/);
    expect(texts("import { Poller } from 'gips';", 'new Events();')).toEqual([
      "import { Poller } from 'gips';",
      'new Events();',
      'export {};',
    ]);
  });

  test('what cannot be arranged is a problem', () => {
    const { problems } = scenesOf(page('<!-- continues -->', '```ts', '```', '<!-- server -->', '```ts', '```'));
    expect(problems).toEqual(['page.md:2: there is nothing to continue', 'page.md:5: there is no program behind it that needs it']);
  });

  test('a wrong type is found at its line of the page, and a program that fails is told with what it said', async () => {
    const planted = mkdtempSync(join(root, 'build/blocks-'));
    try {
      const { scenes: wrong } = scenesOf(page('```ts', 'const text: string = 1;', 'throw new Error(`no ${text}`);', '```'));
      expect(compile(root, planted, wrong)).toEqual(["page.md:2: TS2322: Type 'number' is not assignable to type 'string'."]);
      await expect(run(wrong[0]!, folderOf(planted, 0))).rejects.toThrow(/page\.md:1 ended with 1[^]*no 1/);
    } finally {
      rmSync(planted, { recursive: true });
    }
  });
});
