/** All programs of the pages in one run of the compiler. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Line } from './markdown.js';
import { sourceOf, type Scene } from './programs.js';

/** Where a scene's programs are once they are compiled. */
export function folderOf(folder: string, index: number): string {
  return join(folder, 'out', `${index}`);
}

/**
 * Compiles what `scenes` have into `folder`, which is in `root`, so that `gips` is the package there.
 * @returns what the compiler has to say, by place
 */
export function compile(root: string, folder: string, scenes: readonly Scene[]): string[] {
  const sources = new Map<string, { page: string; lines: readonly Line[] }>();
  for (const [index, { page, programs }] of scenes.entries()) {
    for (const program of programs) {
      const file = `src/${index}/${program.name}.${program.language}`;
      const lines = sourceOf(program, servicePrefix(index));
      sources.set(file, { page, lines });
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), lines.map(({ text }) => `${text}\n`).join(''));
    }
  }
  const compilerOptions = {
    rootDir: 'src',
    outDir: 'out',
    allowJs: true,
    checkJs: true,
    skipLibCheck: true,
    // An example names what there is, also what it has no use for.
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['src'] }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
  return [
    ...new Set(
      stdout
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((message) => atPlace(message, sources)),
    ),
  ];
}

function servicePrefix(index: number): string {
  return `gips-test.${process.pid}.${index}.`;
}

function atPlace(message: string, sources: ReadonlyMap<string, { page: string; lines: readonly Line[] }>): string {
  const [, file, line, text] = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(message) ?? [];
  const source = file === undefined ? undefined : sources.get(file);
  if (source === undefined) return message;
  return `${source.page}:${source.lines[Number(line) - 1]?.number ?? '?'}: ${text!}`;
}
