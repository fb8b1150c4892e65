/** Drives test/programs/bare-peer.cc: a peer that speaks bare SOCK_SEQPACKET and knows nothing of gips. */
import { spawn, type ChildProcess } from 'node:child_process';
import { DEADLINE_MS, within } from './deadline.js';
import { onLine, Queue } from './lines.js';
import { builtProgram } from './programs.js';
import { track } from './running.js';

export interface BarePacket {
  /** Empty at the end of the stream. */
  bytes: Buffer;
  /** How many descriptors came with it. They have been closed. */
  descriptors: number;
}

export type BareDescriptor = 'memory' | 'little' | 'holes' | 'unsealed' | 'writable' | 'directory' | 'pipe' | 'socket' | 'zero' | 'file';

/** What a command of the peer ran into: `code` is the name of the errno, `done` how many of many succeeded before. */
export class BarePeerError extends Error {
  constructor(
    command: string,
    readonly code: string,
    readonly done: number,
  ) {
    super(`bare peer: ${command.slice(0, 80)}: ${code}`);
  }
}

/** One process with one connection. Commands run one after the other, each is awaited with a deadline. */
export class BarePeer {
  readonly pid: number;
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #answers = new Queue<string>();

  /** @param program what was built of the peer */
  constructor(program = 'bare_peer') {
    this.#child = spawn(builtProgram(program), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.pid = this.#child.pid!;
    track(this.#child);
    onLine(this.#child.stdout!, (line) => this.#answers.push(line));
    this.#child.stdin!.on('error', () => {});
    this.exited = new Promise((resolve) => {
      this.#child.on('close', () => {
        this.#answers.end(() => new Error('the bare peer has ended'));
        resolve();
      });
    });
  }

  /** A peer that is connected to `name`. */
  static async connect(name: string): Promise<BarePeer> {
    const peer = new BarePeer();
    await peer.run(`connect ${name}`);
    return peer;
  }

  /** A peer that listens on `name`; the next step is `accept`. */
  static async listen(name: string): Promise<BarePeer> {
    const peer = new BarePeer();
    await peer.listen(name);
    return peer;
  }

  async connect(name: string): Promise<void> {
    await this.run(`connect ${name}`);
  }

  /** Opens `count` further connections that say nothing. */
  async connectMany(name: string, count: number): Promise<void> {
    await this.run(`connects ${name} ${count}`);
  }

  async listen(name: string): Promise<void> {
    await this.run(`listen ${name}`);
  }

  async accept(): Promise<void> {
    await this.run('accept');
  }

  /** Sends one packet, with as many descriptors of /dev/null as told. */
  async send(bytes: Uint8Array, descriptors = 0): Promise<void> {
    await this.run(`send ${encode(bytes)} ${descriptors}`);
  }

  /** Sends one packet with one descriptor: 280,000 or 10 bytes of sealed memory (`memory`, `little`), 64 MiB of it that nobody has written (`holes`), or something that is not that. */
  async sendWith(bytes: Uint8Array, what: BareDescriptor): Promise<void> {
    await this.run(`sendwith ${encode(bytes)} ${what}`);
  }

  /** Sends the same packet again and again. */
  async sendMany(bytes: Uint8Array, count: number): Promise<void> {
    await this.run(`sendrepeat ${encode(bytes)} ${count}`);
  }

  /** Waits for one packet. */
  async receive(): Promise<BarePacket> {
    const [hex, descriptors] = await this.run('recv');
    return { bytes: hex === '-' ? Buffer.alloc(0) : Buffer.from(hex!, 'hex'), descriptors: Number(descriptors) };
  }

  /** Waits until the other side closes; the code of the error if that is how it ended, else undefined. */
  async receiveEnd(): Promise<string | undefined> {
    for (;;) {
      try {
        if ((await this.receive()).bytes.length === 0) return undefined;
      } catch (error) {
        if (error instanceof BarePeerError) return error.code;
        throw error;
      }
    }
  }

  /** On Windows: makes a table of handles (`plain`), or what cannot be one, with one entry. The number of its section. */
  async makeTable(kind: 'plain' | 'short' | 'reserved' | 'file' | 'event', handle = '0'): Promise<number> {
    return Number((await this.run(`table ${kind} ${handle}`))[0]);
  }

  async shutdown(): Promise<void> {
    await this.run('shutdown');
  }

  /** Closes every connection; the process goes on. */
  async close(): Promise<void> {
    await this.run('close');
  }

  /** Becomes another user; see `testAsRoot`. */
  async setUser(uid: number): Promise<void> {
    await this.run(`setuid ${uid}`);
  }

  /** Ends the process without a word. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await within(this.exited, 'the end of the bare peer');
  }

  /** The words behind "ok" of its answer. */
  protected async run(command: string): Promise<string[]> {
    this.#child.stdin!.write(`${command}\n`);
    const answer = await within(this.#answers.next(), `the bare peer to ${command.slice(0, 80)}`, DEADLINE_MS);
    const [verdict, ...words] = answer.split(' ');
    if (verdict !== 'ok') throw new BarePeerError(command, words[0] ?? '', Number(words[1] ?? 0));
    return words;
  }
}

function encode(bytes: Uint8Array): string {
  return bytes.length === 0 ? '-' : Buffer.from(bytes).toString('hex');
}
