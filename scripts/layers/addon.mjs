/** The layers of the C++ side: which folder of `addon/` may include what, and where an operating system may be asked for. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { filesBelow } from '../files.mjs';

/** A header of the C++ standard library: neither a dot nor a slash in its name. */
const STANDARD = /^[a-z_]+$/;
const NODE = /^(napi|napi-inl|node|node_api|js_native_api|node_buffer|v8(-.*)?)\.h$/;

const OS_MACRO =
  /\b(__linux__|__linux|linux|__unix__|__APPLE__|__MACH__|_WIN32|_WIN64|WIN32|__FreeBSD__|__ANDROID__|__CYGWIN__|_MSC_VER|__MINGW32__)\b/;

/** Where `#include "…"` looks besides the including file's own folder. The folder of this operating system, which binding.gyp adds, is left out. */
const INCLUDE_FOLDERS = ['', 'platform/', 'platform/posix/'];

/**
 * @param {string} root the repository
 * @returns {import("../files.mjs").Violation[]}
 */
export function findAddonViolations(root) {
  return filesBelow(root, 'addon', /\.(h|cc)$/).flatMap((file) => {
    const lines = readFileSync(join(root, 'addon', file), 'utf8').split('\n');
    return lines.flatMap((text, index) =>
      [judgeInclude(root, file, text), judgeCondition(file, text)]
        .filter((problem) => problem !== undefined)
        .map((problem) => ({ file: `addon/${file}`, line: index + 1, problem })),
    );
  });
}

/** @param {string} root @param {string} file @param {string} text one line */
function judgeInclude(root, file, text) {
  const [, bracket, header] = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(text) ?? [];
  if (header === undefined) return undefined;
  const layer = layerOf(file);
  if (layer === undefined) return `addon/${file} belongs to no known layer`;
  const allowed = bracket === '<' ? mayIncludeSystem(layer, header) : mayIncludeOwn(layer, header, resolveInclude(root, file, header));
  return allowed ? undefined : `${layer} must not include "${header}"`;
}

/** @param {string} file @param {string} text one line */
function judgeCondition(file, text) {
  if (file.startsWith('platform/')) return undefined;
  if (!/^\s*#\s*(if|ifdef|ifndef|elif)\b/.test(text)) return undefined;
  const [, macro] = OS_MACRO.exec(text) ?? [];
  return macro === undefined ? undefined : `${macro} belongs into addon/platform`;
}

/** `core`, `binding`, `test` or `platform/<os>`. @param {string} file */
function layerOf(file) {
  return /^(core|binding|test|platform\/[^/]+)\//.exec(file)?.[1];
}

/**
 * The file within `addon/` that is meant; what is found nowhere is in the folder of some operating system.
 * @param {string} root @param {string} file @param {string} header
 */
function resolveInclude(root, file, header) {
  const candidates = [posix.dirname(file) + '/', ...INCLUDE_FOLDERS].map((folder) => posix.normalize(folder + header));
  return candidates.find((candidate) => existsSync(join(root, 'addon', candidate))) ?? `platform/*/${header}`;
}

/** @param {string} layer @param {string} header */
function mayIncludeSystem(layer, header) {
  if (layer === 'core') return STANDARD.test(header);
  if (layer === 'binding') return STANDARD.test(header) || NODE.test(header) || header === 'uv.h';
  return layer === 'test' || !NODE.test(header);
}

/** @param {string} layer @param {string} header as it is written @param {string} target the file within `addon/` */
function mayIncludeOwn(layer, header, target) {
  if (layer === 'test' || target.startsWith('core/')) return true;
  if (layer === 'core') return false;
  if (target.startsWith(`${layer}/`)) return true;
  // By its bare name, because every operating system has such a header.
  if (layer === 'binding') return target.startsWith('platform/') && !header.includes('/');
  return target.startsWith('platform/posix/');
}
