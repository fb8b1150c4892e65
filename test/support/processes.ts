/** Real processes for tests: programs of test/programs that report what happens to them and do what they are told. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DEADLINE_MS, within } from './deadline.js';
import { onLine, Queue } from './lines.js';
import { isWindows } from './platform.js';
import { track } from './running.js';
import { windowsFacts } from './windows-facts.js';

export * from './process-facts.js';

/** On Windows they are bundled: see scripts/test-windows. */
const PROGRAMS = isWindows ? '../../build/programs' : '../programs';

const TRANSPORT = new URL('./transport.mjs', import.meta.url).href;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** What the program finds in `argument` of talk.mjs. */
  argument?: unknown;
  /** Another user, for programs that call `becomeUser`; see `testAsRoot`. */
  as?: 'nobody' | 'daemon';
  /** The supplementary groups of that user; none by default. */
  groups?: readonly number[];
  env?: Record<string, string>;
  nodeOptions?: string[];
  /** How many descriptors it may have open; the system's hard limit bounds it. Windows has no such limits. */
  descriptorLimit?: number;
  /** A command with its arguments that goes on as the program it is given. */
  through?: readonly string[];
}

/** Starts test/programs/`name`.mjs. */
export function start(name: string, options: StartOptions = {}): Program {
  return new Program(name, options);
}

/** One running program, with what it has said. See test/programs/talk.mjs for its side. */
export class Program {
  readonly name: string;
  readonly pid: number;
  /** What it wrote to standard error. */
  stderr = '';
  /** What it printed that was not an event. */
  stdout = '';
  /** Resolves when it has ended and everything it said has been heard. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #events = new Map<string, Queue<unknown>>();
  #exit: Exit | undefined;

  constructor(name: string, { argument = null, as, groups = [], env = {}, nodeOptions = [], descriptorLimit, through = [] }: StartOptions) {
    this.name = name;
    const file = fileURLToPath(new URL(`${PROGRAMS}/${name}.mjs`, import.meta.url));
    const user = as === undefined ? {} : { GIPS_TEST_USER: as, GIPS_TEST_GROUPS: JSON.stringify(groups) };
    const transport = process.env['GIPS_TEST_TRANSPORT'] === undefined ? [] : ['--import', TRANSPORT];
    const command = [process.execPath, ...transport, ...nodeOptions, file, JSON.stringify(argument)];
    if (descriptorLimit !== undefined && !isWindows) command.unshift('sh', '-c', `ulimit -n ${descriptorLimit} && exec "$0" "$@"`);
    command.unshift(...through);
    this.#child = spawn(command[0]!, command.slice(1), { env: { ...process.env, ...user, ...env } });
    this.pid = this.#child.pid!;
    track(this.#child);
    onLine(this.#child.stdout!, (line) => this.#hear(line));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // It may end before it has read everything it was told.
    this.#child.stdin!.on('error', () => {});
    this.exited = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#exit = { code, signal };
        for (const [event, queue] of this.#events) queue.end(() => this.#neverSaid(event));
        resolve(this.#exit);
      });
    });
  }

  /** The data of the next event of this name, each of which is given once. */
  next<T = unknown>(event: string, ms = DEADLINE_MS): Promise<T> {
    return within(this.#queue(event).next(), `"${event}" from ${this.name}`, ms) as Promise<T>;
  }

  /** What comes out of `commands()` in the program. */
  tell(command: string, data: unknown = null): void {
    this.#child.stdin!.write(`${JSON.stringify([command, data])}\n`);
  }

  /** Ends its `commands()`. */
  endInput(): void {
    this.#child.stdin!.end();
  }

  /** Ends it, at once unless told otherwise, and waits for that. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.signal(signal);
    return await within(this.exited, `the end of ${this.name}`);
  }

  signal(signal: NodeJS.Signals): void {
    if (isWindows && signal === 'SIGSTOP') windowsFacts().suspend(this.pid);
    else if (isWindows && signal === 'SIGCONT') windowsFacts().resume(this.pid);
    else this.#child.kill(signal);
  }

  /** Waits until it has ended by itself; anything but success is an error with what it wrote to standard error. */
  async finish(ms = DEADLINE_MS): Promise<void> {
    const { code, signal } = await within(this.exited, `the end of ${this.name}`, ms);
    if (code !== 0) throw new Error(`${this.name} ended with ${String(signal ?? code)}:\n${this.stderr}`);
  }

  #hear(line: string): void {
    const event = parseEvent(line);
    if (event === undefined) this.stdout += `${line}\n`;
    else this.#queue(event[0]).push(event[1]);
  }

  #queue(event: string): Queue<unknown> {
    let queue = this.#events.get(event);
    if (queue === undefined) {
      queue = new Queue();
      this.#events.set(event, queue);
      if (this.#exit !== undefined) queue.end(() => this.#neverSaid(event));
    }
    return queue;
  }

  #neverSaid(event: string): Error {
    const how = String(this.#exit?.signal ?? this.#exit?.code);
    return new Error(`${this.name} ended with ${how} and did not say "${event}":\n${this.stderr}`);
  }
}

function parseEvent(line: string): [string, unknown] | undefined {
  if (!line.startsWith('["')) return undefined;
  return JSON.parse(line) as [string, unknown];
}

/** For a test whose peer is another user. Without root it is reported as skipped, with the reason. */
export function testAsRoot(name: string, body: () => Promise<void>, ms?: number): void {
  if (process.getuid?.() === 0) test(name, body, ms);
  else test.skip(`${name} (only root can start a process of another user)`, body);
}
