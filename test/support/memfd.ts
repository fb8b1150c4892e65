/** Drives test/programs/memfd.py: a file in memory, made by another process that can still do to it what its seals allow. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IpcObject } from 'gips';
import { within } from './deadline.js';
import { onLine, Queue } from './lines.js';
import { track } from './running.js';

const program = fileURLToPath(new URL('../programs/memfd.py', import.meta.url));

/** The kernel's numbers. */
export const Seal = { SEAL: 1, SHRINK: 2, GROW: 4, WRITE: 8, FUTURE_WRITE: 16 } as const;
export const ALLOW_SEALING = 2;
export const HUGE_PAGES = 4;

export function regionHeader(capacity: bigint, total: bigint, barrier = 0): Buffer {
  const header = Buffer.alloc(24);
  header.writeBigUInt64LE(capacity, 0);
  header.writeBigUInt64LE(total, 8);
  header[17] = barrier;
  return header;
}

export class Memfd {
  readonly #child: ChildProcess;
  readonly #lines = new Queue<string>();
  #fd = '';

  private constructor(size: number, header: Buffer, seals: number, flags: number) {
    this.#child = spawn('python3', [program, `${size}`, header.toString('hex'), `${seals}`, `${flags}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    track(this.#child);
    onLine(this.#child.stdout!, (line) => this.#lines.push(line));
  }

  /** @throws with the name of the errno if there can be no such file */
  static async create(size: number, header: Buffer, seals: number = Seal.SHRINK, flags: number = ALLOW_SEALING): Promise<Memfd> {
    const file = new Memfd(size, header, seals, flags);
    const [outcome, value = ''] = (await within(file.#lines.next(), 'the file')).split(' ');
    if (outcome !== 'ready') throw new Error(value);
    file.#fd = value;
    return file;
  }

  /** As if it had been received from that process. */
  open(flags = 'r+'): IpcObject {
    const fd = openSync(`/proc/${this.#child.pid}/fd/${this.#fd}`, flags);
    const object = IpcObject.from({ fd });
    closeSync(fd);
    return object;
  }

  /** "ok", or the name of the errno. */
  async truncate(size: number): Promise<string> {
    return await this.#tell(`truncate ${size}`);
  }

  async write(position: number, bytes: Buffer): Promise<string> {
    return await this.#tell(`write ${position} ${bytes.toString('hex')}`);
  }

  #tell(command: string): Promise<string> {
    this.#child.stdin!.write(`${command}\n`);
    return within(this.#lines.next(), `the answer to ${command}`);
  }
}
