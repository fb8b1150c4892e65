/** The tracing example, as a program of two processes. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parent?: string;
  failed: boolean;
}

test("a handler's span is a child of its caller's, in another process", () => {
  const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples'], { cwd: root, encoding: 'utf8' });
  expect([compiled.status, compiled.stdout]).toEqual([0, '']);
  const { status, stdout } = spawnSync(process.execPath, ['build/examples/opentelemetry.js'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(status).toBe(0);
  const spans = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Span);
  const named = (name: string): Span => spans.find((span) => span.name === name)!;
  const children = (of: Span): Span[] => spans.filter(({ parent }) => parent === of.spanId);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(children(named('breakfast')).map(({ name }) => name)).toEqual(['ask for bread', 'ask for a stone']);
  expect(children(named('ask for bread'))).toEqual([expect.objectContaining({ name: 'bake', failed: false })]);
  expect(children(named('ask for a stone'))).toEqual([expect.objectContaining({ name: 'bake', failed: true })]);
}, 60_000);
