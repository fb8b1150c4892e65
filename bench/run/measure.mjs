/** One measurement: fresh processes, a time limit, an outcome or the reason why there is none. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onCore, pins } from './cores.mjs';

const LIMIT_MS = 20_000;
const PREFIX = 'gips-bench-';
const client = fileURLToPath(new URL('./client.mjs', import.meta.url));
let taken = 0;

/**
 * @param {import('../types.js').Peer} peer
 * @param {import('../types.js').Workload} workload
 * @param {import('../types.js').Row} row
 * @param {{ form: import('../types.js').Form, milliseconds: number, messages?: number, before?: string[] }} options `before`: put before the command
 * @returns {Promise<import('../types.js').Outcome>}
 */
export async function measure(peer, workload, row, { form, milliseconds, messages, before = [] }) {
  const cores = pins(workload.pin);
  if ('command' in peer) {
    const command = peer.command(workload.name, row, { milliseconds, pins: cores });
    if (command === undefined) throw new Error('has no such thing');
    return outcomeOf([...before, ...command], LIMIT_MS);
  }
  taken += 1;
  const address = `${PREFIX}${process.pid}-${taken}`;
  const task = {
    peer: peer.name,
    name: workload.name,
    row,
    form,
    address,
    milliseconds,
    messages,
    pins: cores,
    gc: workload.name === 'memory',
  };
  try {
    return await outcomeOf([...before, ...onCore(cores[1]), process.execPath, client, JSON.stringify(task)], LIMIT_MS + milliseconds);
  } finally {
    for (const file of readdirSync(tmpdir())) if (file.startsWith(`${address}.`)) rmSync(join(tmpdir(), file), { force: true });
  }
}

/** @param {string[]} command @param {number} limit ms @returns {Promise<import('../types.js').Outcome>} */
async function outcomeOf(command, limit) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let isLate = false;
  const stopAll = () => {
    try {
      process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL');
    } catch {
      // They have all ended.
    }
  };
  const timer = setTimeout(() => {
    isLate = true;
    stopAll();
  }, limit);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  await once(child, 'close').catch((error) => (errors = error.message));
  clearTimeout(timer);
  stopAll();
  if (isLate) throw new Error(`took longer than ${Math.round(limit / 1000)} s`);
  const line = output.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{'))
    throw new Error(
      errors
        .trim()
        .split('\n')
        .find((text) => /error/i.test(text)) ?? 'ended without a result',
    );
  const outcome = JSON.parse(line);
  if (outcome.error !== undefined) throw new Error(outcome.error);
  return outcome;
}
