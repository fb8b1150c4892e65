import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow } from '../../scripts/files.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...guides.map((name) => `docs/${name}`)];

/** The names of a page's headings, as links have them. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.replaceAll(/^ *```[^]*?^ *```/gm, '').matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, title]) =>
      title!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(pages)('the links of %s lead somewhere', (page) => {
  const prose = read(page).replaceAll(/^ *```[^]*?^ *```/gm, '');
  const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).has(anchor);
    });
  expect(broken).toEqual([]);
});

test('each guide is in the index, or in the README', () => {
  const isListed = (name: string): boolean =>
    read('docs/README.md').includes(`](${name})`) || read('README.md').includes(`](docs/${name})`);
  expect(guides.filter((name) => !isListed(name))).toEqual([]);
});

test('each code of an error that the library knows is in the page on troubleshooting', () => {
  // Those of the command line are its own, and in its guide.
  const sources = filesBelow(root, 'lib', /\.ts$/)
    .filter((file) => !file.startsWith('cli/'))
    // What the addon returns is not what users get.
    .map((file) => read(`lib/${file}`).replaceAll(/errnoOf\('\w+'\)/g, ''));
  const names = sources.flatMap((text) => [...text.matchAll(/'(E[A-Z0-9]+|ERR_[A-Z_]+)'/g)].map(([, name]) => name!));
  const codes = new Set(names.filter((name) => name.startsWith('ERR_') || Object.hasOwn(constants.errno, name)));
  const page = read('docs/troubleshooting.md');
  expect(codes).toContain('ERR_GIPS_CLOSED');
  expect([...codes].filter((code) => !page.includes(code))).toEqual([]);
});
