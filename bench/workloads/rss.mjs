/** Resident memory after a million messages one way, above that of a Node process that does nothing: of the side that has more. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { usageOf } from '../run/usage.mjs';
import { count, stream } from './stream.mjs';

/** @type {import('../types.js').Workload} */
export const rss = {
  name: 'rss',
  unit: 'MiB above bare Node',
  pin: 'two',
  forms: ['callback', 'for await'],
  rows: (quick) => (quick ? [] : [{ id: 'rss', title: 'Memory after a million messages', size: 64, count: 1_000_000, repetitions: 1 }]),
  serve: (link, { form, payload: expected }) => count(link, form, expected),
  async measure(context) {
    const bare = await bareNode();
    await stream({ ...context, messages: context.row.count });
    const sender = usageOf(process.pid).rss;
    const receiver = (await context.server()).rss;
    const mib = (/** @type {number} */ bytes) => bytes / 2 ** 20;
    return {
      value: mib(Math.max(sender, receiver) - bare),
      notes: { 'bare Node, MiB': mib(bare), 'sender, MiB': mib(sender), 'receiver, MiB': mib(receiver) },
    };
  },
};

async function bareNode() {
  const node = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log()'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(node.stdout, 'data');
  const { rss: bytes } = usageOf(/** @type {number} */ (node.pid));
  node.stdin.end();
  await once(node, 'exit');
  return bytes;
}
