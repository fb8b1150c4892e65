/** The programs that the blocks of a page are, or are parts of. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as gips from 'gips';
import { noteOf, placeOf, type Block, type Line } from './markdown.js';

/** A program as it is compiled. A `server` runs until all others of its scene have ended; a `file` is there for others to start. */
export interface Program {
  place: string;
  role: 'main' | 'server' | 'file';
  /** Its name without the ending. */
  name: string;
  language: 'ts' | 'js';
  lines: Line[];
  /** Its own import of gips is part of what readers see. */
  showsImport: boolean;
}

/** Programs that run together. */
export interface Scene {
  page: string;
  programs: Program[];
  /** False if it is only compiled. */
  runs: boolean;
}

const CODE = new Set(['ts', 'js']);
const IMPORT = /\bfrom 'gips(\/\w+)?'/;

export function isCode(block: Block): boolean {
  return CODE.has(block.language);
}

/** The scenes of a page, and what is wrong with how its blocks are arranged. */
export function scenesOf(blocks: readonly Block[]): { scenes: Scene[]; problems: string[] } {
  const scenes: Scene[] = [];
  const problems: string[] = [];
  let waiting: Program[] = [];
  let last: Program | undefined;
  for (const block of blocks) {
    if (!isCode(block) || noteOf(block, 'other library') !== undefined) continue;
    const isContinued = noteOf(block, 'continues') !== undefined;
    if (isContinued && last === undefined) problems.push(`${placeOf(block)}: there is nothing to continue`);
    const lines = linesOf(block);
    const isHidden = block.notes.some(({ keyword, code }) => keyword !== 'setup' && code.length > 0);
    const showsImport = !isHidden && block.lines.some(({ text }) => IMPORT.test(text));
    if (noteOf(block, 'compile only') !== undefined) {
      const before: readonly Line[] = isContinued ? (last?.lines ?? []) : [];
      last = { ...begin(block), lines: [...before, ...lines], showsImport };
      scenes.push({ page: block.page, programs: [last], runs: false });
    } else if (isContinued && last !== undefined) {
      last.lines.push(...lines);
      last.showsImport ||= showsImport;
    } else {
      last = { ...begin(block), lines, showsImport };
      waiting.push(last);
      if (last.role !== 'main') continue;
      scenes.push({ page: block.page, programs: waiting, runs: true });
      waiting = [];
    }
  }
  for (const { place } of waiting) problems.push(`${place}: there is no program behind it that needs it`);
  return { scenes, problems };
}

/** The public names that are types alone. */
const TYPES = new Set(typesOf(fileURLToPath(new URL('../../dist/index.d.ts', import.meta.url))));

/** What the declarations of `file`, and of all that they export everything of, export and the package itself has not. */
function typesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const own = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) => names!.match(/\b\w+(?=\s*(?:,|$))/g) ?? []);
  const others = [...text.matchAll(/^export \* from '(.*)\.js'/gm)].flatMap(([, path]) => typesOf(join(dirname(file), `${path}.d.ts`)));
  return [...own, ...others].filter((name) => !Object.hasOwn(gips, name));
}

/** What a fragment may use without saying where it is from: an endpoint that is connected to an echo server, and a listener. */
const SCENERY = {
  endpoint: `import * as gips from 'gips';
    const echo = await gips.Listener.bind('com.example.scenery');
    void (async () => { for await (const pod of echo) await pod.reply(pod.message.payload); })();
    const endpoint = await gips.Endpoint.connect('com.example.scenery');`,
  listener: `import { Listener as Scenery } from 'gips'; const listener = await Scenery.bind('com.example.listener');`,
};

/** What is compiled for a program, each line with the place it is from. */
export function sourceOf(program: Program, prefix: string): Line[] {
  const number = program.lines[0]?.number ?? 0;
  const lines = [...sceneryOf(program.lines).map((text) => ({ text, number })), ...program.lines];
  const missing = program.showsImport ? [] : missingNames(lines);
  const types = program.language === 'ts' ? missing.filter((name) => TYPES.has(name)) : [];
  const values = missing.filter((name) => !TYPES.has(name));
  if (types.length > 0) lines.unshift({ text: `import type { ${types.join(', ')} } from 'gips';`, number });
  if (values.length > 0) lines.unshift({ text: `import { ${values.join(', ')} } from 'gips';`, number });
  // A module, whatever it says; and under a name that nobody else has.
  return [...lines, { text: 'export {};', number }].map((line) => ({ ...line, text: line.text.replaceAll('com.example.', prefix) }));
}

function sceneryOf(lines: readonly Line[]): string[] {
  const code = codeOf(lines);
  const isFree = (name: string): boolean => uses(code, name) && !new RegExp(`\\b(const|let|using) ${name}\\b|\\b${name}:`).test(code);
  return Object.entries(SCENERY).flatMap(([name, text]) => (isFree(name) ? [text.replaceAll('\n', ' ')] : []));
}

/** The names of gips that are used and not imported. A program that shows its import to the reader has to show all of it. */
function missingNames(lines: readonly Line[]): string[] {
  const code = codeOf(lines);
  const imported = [...code.matchAll(/import (?:type )?\{([^}]*)\}/g)].map(([, names]) => names).join();
  const isDeclared = (name: string): boolean =>
    uses(imported, name) || new RegExp(`\\b(class|interface|type|function|const|let) ${name}\\b`).test(code);
  return [...Object.keys(gips), ...TYPES].filter((name) => uses(code, name) && !isDeclared(name));
}

function codeOf(lines: readonly Line[]): string {
  return lines.map(({ text }) => text.replace(/(^|\s)\/\/.*$/, '')).join('\n');
}

function uses(code: string, name: string): boolean {
  return new RegExp(`(?<![.'\\w])${name}\\b`).test(code);
}

function begin(block: Block): Omit<Program, 'lines' | 'showsImport'> {
  const file = noteOf(block, 'file')?.text;
  const role = file !== undefined ? 'file' : noteOf(block, 'server') !== undefined ? 'server' : 'main';
  const name = file?.replace(/\.\w+$/, '') ?? `line-${block.number}`;
  return { place: placeOf(block), role, name, language: block.language as 'ts' | 'js' };
}

function linesOf(block: Block): Line[] {
  return [...(noteOf(block, 'setup')?.code ?? []), ...block.lines];
}
