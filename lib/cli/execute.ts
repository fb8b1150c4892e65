/** A request answered by a shell command. */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import type { IncomingRequest } from '../ipc/index.js';
import { Failure } from './exit.js';
import { MAX_BYTES } from './input.js';

const TAIL_BYTES = 2048;

/** What the command prints for this request. */
export function execute(command: string, { message, credentials, signal }: IncomingRequest): Promise<Buffer> {
  for (const object of message.objects) object.close();
  const env = { ...process.env, GIPS_PEER_PID: String(credentials.pid), GIPS_PEER_UID: credentials.uid };
  // In a group of its own: it can be ended with all it has started, and a Ctrl-C meant for the service does not hit it.
  const child = spawn('/bin/sh', ['-c', command], { env, detached: true });
  const answer: Buffer[] = [];
  let size = 0;
  let tail = Buffer.alloc(0);
  let failure: Failure | undefined;

  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  };
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_BYTES) {
      answer.push(chunk);
      return;
    }
    failure = new Failure('EMSGSIZE', `the command printed more than ${MAX_BYTES} bytes`);
    kill();
  });
  child.stderr.on('data', (chunk: Buffer) => (tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES)));
  // It need not read what it is given.
  child.stdin.on('error', () => {});
  child.stdin.end(message.payload);
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();

  return new Promise<Buffer>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => {
      signal.removeEventListener('abort', kill);
      if (failure !== undefined) reject(failure);
      else if (code === 0) resolve(Buffer.concat(answer));
      else reject(new Failure('ERR_COMMAND', `the command ended with ${by ?? `exit code ${code}`}: ${tail.toString('utf8').trim()}`));
    });
  });
}
