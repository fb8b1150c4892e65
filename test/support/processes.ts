/** Real processes for tests: programs of test/programs that report what happens to them and do what they are told. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEADLINE_MS, within } from './deadline.js';
import { onLine, Queue } from './lines.js';
import { track } from './running.js';

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
  /** How many descriptors it may have open; the system's hard limit bounds it. */
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
    const file = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));
    const user = as === undefined ? {} : { GIPS_TEST_USER: as, GIPS_TEST_GROUPS: JSON.stringify(groups) };
    const transport = process.env['GIPS_TEST_TRANSPORT'] === undefined ? [] : ['--import', TRANSPORT];
    const command = [process.execPath, ...transport, ...nodeOptions, file, JSON.stringify(argument)];
    if (descriptorLimit !== undefined) command.unshift('sh', '-c', `ulimit -n ${descriptorLimit} && exec "$0" "$@"`);
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
    this.#child.kill(signal);
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

/** Blocks this thread, and so all that goes on in it, until a child is dead. */
export function blockUntilDead(pid: number): void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + DEADLINE_MS;
  while (!/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))) {
    if (performance.now() > end) throw new Error(`process ${pid} has not ended`);
    Atomics.wait(nobody, 0, 0, 1);
  }
}

/** The resident memory of a process in bytes. */
export function residentMemory(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}

/** How many descriptors a process has open. */
export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What the descriptors of a process stand for. */
export function descriptorTargets(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return []; // closed meanwhile, as that of the directory itself
    }
  });
}

/** The most descriptors any process of this user may be allowed. */
export function hardDescriptorLimit(): number {
  const [, limit] = /^Max open files +\d+ +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return limit === 'unlimited' ? Infinity : Number(limit);
}

/** The processor time a process has used, in seconds. */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Fields 14 and 15, in ticks of 10 ms; the second one is a name in parentheses that may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How often the threads of a process have gone to sleep. */
export function timesAsleep(pid: number): number {
  const ofThread = (thread: string): number => {
    const [, count] = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1')) ?? [];
    return Number(count);
  };
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + ofThread(thread), 0);
}

/** Has the first thread of a process, where its JavaScript runs, use one core from now on. */
export function pinToOneCore(pid: number): void {
  const [, core] = /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  execFileSync('taskset', ['--cpu-list', '--pid', core!, `${pid}`]);
}

/** Sets how many descriptors a process may have from now on. */
export function limitDescriptors(pid: number, limit: number): void {
  execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${limit}:`]);
}
