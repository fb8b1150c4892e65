/** The codec `json`. A value with objects in it is `[paths, value]`: where each of the objects is, and `null` there. */
import { types } from 'node:util';
import { GipsError } from '../errors.js';
import { NestingCodec, uncodable } from './codec.js';
import { isPassed, mayHoldPassed, type Passed } from './passed.js';

type Path = readonly string[];

class JsonCodec extends NestingCodec {
  override pack(value: unknown, objects: Passed[]): string {
    if (mayHoldPassed(value, hasOwnForm)) return packWith(value, objects);
    return textOf(JSON.stringify(value), value);
  }

  override unpack(payload: Buffer, objects: readonly Passed[]): unknown {
    const parsed: unknown = JSON.parse(payload.toString());
    return objects.length === 0 ? parsed : place(parsed, objects);
  }
}

export const json: NestingCodec = new JsonCodec();

/** Those whose JSON is not what one sees: it may be objects, or have them in it. */
function hasOwnForm(container: object): boolean {
  return 'toJSON' in container && !types.isDate(container);
}

function packWith(value: unknown, objects: Passed[]): string {
  const paths: Path[] = [];
  const pathTo = new Map<unknown, Path>();
  const text = JSON.stringify(value, function (this: unknown, key, child: unknown) {
    const above = pathTo.get(this);
    const path = above === undefined ? [] : [...above, key];
    if (isPassed(child)) {
      paths.push(path);
      objects.push(child);
      return null;
    }
    if (typeof child === 'object') pathTo.set(child, path);
    return child;
  });
  return paths.length === 0 ? textOf(text, value) : `[${JSON.stringify(paths)},${text}]`;
}

/** `JSON.stringify` has no text for functions and symbols. */
function textOf(text: string | undefined, value: unknown): string {
  if (text === undefined) throw uncodable(`JSON has no ${typeof value}`);
  return text;
}

function place(parsed: unknown, objects: readonly Passed[]): unknown {
  if (!Array.isArray(parsed) || !isPaths(parsed[0]) || parsed[0].length !== objects.length) throw misplaced();
  const root = { value: parsed[1] as unknown };
  for (const [index, path] of parsed[0].entries()) {
    let holder: object = root;
    let key = 'value';
    for (const step of path) {
      const next: unknown = Reflect.get(holder, key);
      if (typeof next !== 'object' || next === null || !Object.hasOwn(next, step)) throw misplaced();
      holder = next;
      key = step;
    }
    if (Reflect.get(holder, key) !== null) throw misplaced();
    Object.defineProperty(holder, key, { value: objects[index] });
  }
  return root.value;
}

function isPaths(value: unknown): value is Path[] {
  return Array.isArray(value) && value.every((path) => Array.isArray(path) && path.every((step) => typeof step === 'string'));
}

function misplaced(): GipsError {
  return new GipsError('the objects that came with it have no place in it', { code: 'EBADMSG' });
}
