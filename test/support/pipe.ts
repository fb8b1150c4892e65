/** A pipe inside one process, the simplest thing that can be polled. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { socketPath } from './names.js';

/** Both ends are one descriptor, which never blocks: readable while something is in it, writable while there is room. */
export class Pipe {
  readonly fd: number;

  constructor() {
    const path = socketPath('pipe');
    execFileSync('mkfifo', ['-m', '600', path]);
    this.fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    rmSync(path);
  }

  write(text = 'x'): void {
    writeSync(this.fd, text);
  }

  /** Takes what is in it. */
  drain(): string {
    const bytes = Buffer.alloc(65_536);
    return bytes.toString('utf8', 0, readSync(this.fd, bytes));
  }

  /** Writes until there is no room. */
  fill(): void {
    writeSync(this.fd, Buffer.alloc(65_536));
  }

  close(): void {
    closeSync(this.fd);
  }
}
