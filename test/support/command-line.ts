/** `gips` as a user types it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { within } from './deadline.js';
import { isWindows } from './platform.js';
import { track } from './running.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/gips.js', import.meta.url));
const PREAMBLE = `gips() { "${process.execPath}" "${PROGRAM}" "$@"; }\n`;

export interface Outcome {
  status: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Types `line` into a shell that knows `gips`, and waits until it has ended. On Windows there is none, and a line can be but one command. */
export async function type(line: string, input?: string | Buffer): Promise<Outcome> {
  const child = isWindows ? spawn(process.execPath, [PROGRAM, ...wordsOf(line)]) : spawn('sh', ['-c', PREAMBLE + line]);
  track(child);
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return await outcomeOf(child);
}

/** What follows `gips` in a line without more than words and quotes. */
function wordsOf(line: string): string[] {
  if (!/^gips\b[^|&;{}$]*$/.test(line)) throw new Error(`there is no shell for ${line}`);
  return (line.match(/'[^']*'|\S+/g) ?? []).slice(1).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

/** A `gips` that goes on until it is ended. */
export class Running {
  readonly outcome: Promise<Outcome>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.outcome = outcomeOf(child);
  }

  /** Resolves when it has said something: that it is ready, or its first result. */
  static async start(...args: string[]): Promise<Running> {
    const child = spawn(process.execPath, [PROGRAM, ...args]);
    track(child);
    const running = new Running(child);
    const said = [once(child.stderr, 'data'), once(child.stdout, 'data')];
    await within(
      Promise.race([...said, running.outcome.then(({ stderr }) => Promise.reject(new Error(stderr)))]),
      `gips ${args.join(' ')}`,
    );
    return running;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    this.#child.kill(signal);
    return await within(this.outcome, 'the end of gips');
  }
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [status] = (await within(once(child, 'close'), 'the end of a command', 20_000)) as [number | null];
  return { status, stdout: Buffer.concat(stdout), stderr };
}
