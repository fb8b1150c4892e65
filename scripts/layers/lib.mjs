/** The layers of the TypeScript side: which folder of `lib/` may import which, and who may ask for the operating system. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { filesBelow } from '../files.mjs';

const COMMON = ['errors.ts', 'validate.ts', 'log.ts'];

/** For each folder (`face` is `index.ts`, `common` the files that all others may import): the folders and files it may import. */
const MAY_IMPORT = {
  face: [...COMMON, 'ipc/', 'poll/', 'shm/', 'rpc/'],
  common: COMMON,
  native: [...COMMON, 'native/'],
  ipc: [...COMMON, 'native/', 'ipc/', 'poll/source.ts', 'poll/claim.ts', 'shm/'],
  poll: [...COMMON, 'native/', 'poll/'],
  rpc: [...COMMON, 'ipc/', 'shm/', 'rpc/'],
  // A region becomes an object of messages and the other way round.
  shm: [...COMMON, 'native/', 'shm/', 'ipc/ipc-object.ts'],
  // A program like its users' own; beyond that, names, and what it asks the addon itself.
  cli: [...COMMON, 'index.ts', 'ipc/index.ts', 'ipc/inspection.ts', 'ipc/names.ts', 'ipc/statistics.ts', 'native/index.ts', 'cli/'],
};

/** Modules through which an addon can be loaded. */
const ADDON_LOADERS = new Set(['node-gyp-build', 'module', 'node:module']);

/** Files that may tell operating systems apart: the loader, the place where a name is mapped to an address, and what reports on the system. */
const MAY_KNOW_THE_PLATFORM = ['native/', 'ipc/names.ts', 'cli/probes.ts'];

/**
 * @param {string} root the repository
 * @returns {import("../files.mjs").Violation[]}
 */
export function findLibViolations(root) {
  return filesBelow(root, 'lib', /\.ts$/).flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(root, 'lib', file), 'utf8'), ts.ScriptTarget.Latest, true);
    return [...importsOf(source).flatMap((each) => judgeImport(file, each)), ...platformUses(file, source)].map(({ node, problem }) => ({
      file: `lib/${file}`,
      line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      problem,
    }));
  });
}

/** @param {string} file @returns {keyof typeof MAY_IMPORT | undefined} */
function layerOf(file) {
  if (file === 'index.ts') return 'face';
  if (COMMON.includes(file)) return 'common';
  const [folder = '', rest] = file.split('/');
  return rest !== undefined && folder in MAY_IMPORT ? /** @type {keyof typeof MAY_IMPORT} */ (folder) : undefined;
}

/** Every `from '…'`, `import('…')` and `require('…')`. @param {ts.SourceFile} source @returns {ts.StringLiteralLike[]} */
function importsOf(source) {
  /** @type {ts.StringLiteralLike[]} */
  const found = [];
  visit(source, (node) => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require')
            ? node.arguments[0]
            : undefined;
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push(specifier);
  });
  return found;
}

/** @param {string} file @param {ts.StringLiteralLike} node */
function judgeImport(file, node) {
  const layer = layerOf(file);
  if (layer === undefined) return [{ node, problem: `${file} belongs to no known layer` }];
  const specifier = node.text;
  if (!specifier.startsWith('.')) {
    const loads = ADDON_LOADERS.has(specifier) || specifier.endsWith('.node');
    return loads && layer !== 'native' ? [{ node, problem: `only lib/native may load an addon, with "${specifier}"` }] : [];
  }
  const target = posix.normalize(posix.join(posix.dirname(file), specifier)).replace(/\.js$/, '.ts');
  if (isIn(target, MAY_IMPORT[layer])) return [];
  return [{ node, problem: `${layer} must not import "${target}"` }];
}

/** @param {string} file @param {ts.SourceFile} source */
function platformUses(file, source) {
  /** @type {{ node: ts.Node, problem: string }[]} */
  const found = [];
  if (isIn(file, MAY_KNOW_THE_PLATFORM)) return found;
  visit(source, (node) => {
    const asks = ts.isPropertyAccessExpression(node) && /^(process\.platform|os\.(platform|type))$/.test(node.getText());
    if (asks) found.push({ node, problem: `${node.getText()} belongs into lib/native or lib/ipc/names.ts` });
  });
  return found;
}

/** @param {string} file @param {string[]} places files and, with a slash at the end, folders */
function isIn(file, places) {
  return places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place));
}

/** @param {ts.Node} node @param {(node: ts.Node) => void} callback */
function visit(node, callback) {
  callback(node);
  ts.forEachChild(node, (child) => visit(child, callback));
}
