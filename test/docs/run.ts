/** Programs of one scene, each in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { within } from '../support/deadline.js';
import { track } from '../support/running.js';
import type { Program, Scene } from './programs.js';

const RUNNER = fileURLToPath(new URL('run-block.mjs', import.meta.url));

interface Running {
  program: Program;
  child: ChildProcess;
  output: string;
  ended: Promise<void>;
}

/** Runs the servers of a scene, and then what needs them. Throws if one of them fails, or takes too long. */
export async function run({ programs }: Scene, folder: string): Promise<void> {
  const running: Running[] = [];
  try {
    for (const program of programs.filter(({ role }) => role === 'server')) {
      const server = start(program, folder);
      running.push(server);
      const listens = once(server.child.stdio[3] as Readable, 'data');
      await within(Promise.race([listens, server.ended]), `a listener of ${program.place}`, 10_000);
    }
    const main = start(
      programs.find(({ role }) => role === 'main')!,
      folder,
    );
    const failures = running.map(async ({ ended }) => {
      await ended;
      await main.ended;
    });
    running.push(main);
    await within(Promise.race([main.ended, ...failures]), `the end of ${main.program.place}`, 15_000);
  } catch (error) {
    const said = running.map(({ program, output }) => `${program.place} said:\n${output}`);
    throw new Error([String(error), ...said].join('\n'), { cause: error });
  } finally {
    await Promise.all(running.map(stop));
  }
}

function start(program: Program, folder: string): Running {
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const;
  const child = spawn(process.execPath, [RUNNER, join(folder, `${program.name}.js`), program.role], { cwd: folder, stdio: [...stdio] });
  track(child);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve();
      else reject(new Error(`${program.place} ended with ${String(signal ?? code)}`));
    });
  });
  ended.catch(() => {});
  const running: Running = { program, child, output: '', ended };
  for (const stream of [child.stdout, child.stderr]) stream!.setEncoding('utf8').on('data', (text: string) => (running.output += text));
  return running;
}

async function stop({ child }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
