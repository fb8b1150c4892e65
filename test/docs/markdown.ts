/** The code blocks of a page, with what the comments around them say about them. CONTRIBUTING.md explains the comments. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of code and where it stands on its page. */
export interface Line {
  text: string;
  number: number;
}

/** `<!-- keyword: text -->`, with lines of code below the keyword or without. */
export interface Note {
  keyword: string;
  text: string;
  number: number;
  code: readonly Line[];
}

/** What stands between two fences, and the notes in front of it. */
export interface Block {
  page: string;
  number: number;
  /** The word behind the fence. */
  language: string;
  lines: readonly Line[];
  notes: readonly Note[];
}

const NOTE = /^\s*<!--\s*(setup|server|client|file|continues|compile only|other library|run)\b:?\s*(.*?)\s*(-->)?\s*$/;
const FENCE = /^(\s*)(`{3,})\s*(\S*)\s*$/;

/** All blocks of a page, in order. A note with a program of its own (`server`, `client` or `file` with code) is a block, too. */
export function blocksOf(root: string, page: string): Block[] {
  return extract(page, readFileSync(join(root, page), 'utf8'));
}

export function extract(page: string, markdown: string): Block[] {
  const lines = markdown.split('\n').map((text, index) => ({ text, number: index + 1 }));
  const blocks: Block[] = [];
  let notes: Note[] = [];
  while (lines.length > 0) {
    const { text, number } = lines.shift()!;
    const [, keyword, rest, isClosed] = NOTE.exec(text) ?? [];
    const [, indent, fence, language] = FENCE.exec(text) ?? [];
    if (keyword !== undefined) {
      const code = isClosed === undefined ? takeUntil(lines, (line) => line.trim() === '-->') : [];
      const note = { keyword, text: rest!, number, code };
      if (code.length === 0 || keyword === 'setup') notes.push(note);
      else blocks.push({ page, number, language: 'ts', lines: code, notes: [note] });
    } else if (fence !== undefined) {
      const code = takeUntil(lines, (line) => line.trim() === fence);
      blocks.push({
        page,
        number,
        language: language!,
        lines: code.map((line) => ({ ...line, text: line.text.slice(indent!.length) })),
        notes,
      });
      notes = [];
    }
  }
  return blocks;
}

function takeUntil(lines: Line[], isEnd: (text: string) => boolean): Line[] {
  const end = lines.findIndex(({ text }) => isEnd(text));
  const taken = lines.splice(0, end === -1 ? lines.length : end);
  lines.shift();
  return taken;
}

/** Where a block is, as the messages of the tests say it. */
export function placeOf({ page, number }: Block): string {
  return `${page}:${number}`;
}

/** The note with this keyword. */
export function noteOf(block: Block, keyword: string): Note | undefined {
  return block.notes.find((note) => note.keyword === keyword);
}
