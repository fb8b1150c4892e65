/** Drives test/programs/notified.py: a service manager that is told things. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { within } from './deadline.js';
import { onLine, Queue } from './lines.js';
import { track } from './running.js';

const program = fileURLToPath(new URL('../programs/notified.py', import.meta.url));

export class Manager {
  readonly #lines = new Queue<string>();
  readonly #child: ChildProcess;

  private constructor(address: string, isDeaf: boolean) {
    this.#child = spawn('python3', [program, address, ...(isDeaf ? ['deaf'] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
    track(this.#child);
    onLine(this.#child.stdout!, (line) => this.#lines.push(line));
  }

  /** Listens at a path, or an abstract name that begins with an @. */
  static async start(address: string, { isDeaf = false } = {}): Promise<Manager> {
    const manager = new Manager(address, isDeaf);
    await manager.told();
    return manager;
  }

  /** The next thing it is told. */
  async told(): Promise<string> {
    return JSON.parse(await within(this.#lines.next(), 'a notification')) as string;
  }
}
