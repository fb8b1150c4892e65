/** How often both processes enter the kernel for a message, by `strace -c`: of two runs of fixed length the difference, so that starting up does not count. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure } from '../run/measure.mjs';
import { oneWay } from './one-way.mjs';
import { roundTrip } from './round-trip.mjs';

/** @type {Record<string, { workload: import('../types.js').Workload, few: number, many: number }>} */
const traced = {
  'system-calls/round-trip': { workload: roundTrip, few: 500, many: 2500 },
  'system-calls/one-way': { workload: oneWay, few: 5000, many: 155_000 },
};

/** @type {import('../types.js').Workload} */
export const systemCalls = {
  name: 'system calls',
  unit: 'system calls per message, both processes',
  pin: 'two',
  forms: ['callback'],
  rows: (quick) =>
    quick
      ? []
      : [
          { id: 'system-calls/round-trip', title: 'System calls per round trip of 64 B', size: 64, repetitions: 1 },
          { id: 'system-calls/one-way', title: 'System calls per message of 64 B one way', size: 64, repetitions: 1 },
        ],
  serve: () => undefined,
  measure: () => Promise.reject(new Error('measured from outside')),
  async outside(peer, _workload, row, { form }) {
    const { workload, few, many } = traced[row.id] ?? { workload: oneWay, few: 1, many: 2 };
    if (spawnSync('strace', ['-V']).status !== 0) throw new Error('not measured: there is no strace');
    const folder = mkdtempSync(join(tmpdir(), 'gips-bench-strace-'));
    try {
      /** @param {number} messages */
      const calls = async (messages) => {
        const file = join(folder, String(messages));
        await measure(peer, workload, row, { form, milliseconds: 10_000, messages, before: ['strace', '-f', '-q', '-c', '-o', file] });
        return totalOf(readFileSync(file, 'utf8'));
      };
      const start = await calls(few);
      return { value: ((await calls(many)) - start) / (many - few) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** @param {string} summary */
function totalOf(summary) {
  const line = summary.split('\n').find((text) => text.trim().endsWith(' total'));
  const calls = Number(line?.trim().split(/\s+/)[3]);
  if (Number.isNaN(calls)) throw new Error('strace counted nothing');
  return calls;
}
