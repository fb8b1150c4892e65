/** What is read from standard input: bytes, in a memory that is bounded. */
import { Buffer } from 'node:buffer';
import { Failure } from './exit.js';

/** The most that a message takes by default. */
export const MAX_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

/** The payloads a command is to send: its argument, or standard input, as one or line by line. */
export async function* payloads(argument: string | undefined, { lines = false } = {}): AsyncIterableIterator<Uint8Array> {
  if (!lines) {
    yield argument === undefined ? await readAll() : Buffer.from(argument);
  } else if (argument === undefined) {
    yield* readLines();
  } else {
    for (const line of argument.split('\n')) yield Buffer.from(line);
  }
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    requireRoom(size);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Each without its newline; what follows the last newline is a line too, unless it is empty. */
async function* readLines(): AsyncIterableIterator<Uint8Array> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      size = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    requireRoom(size);
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

function requireRoom(size: number): void {
  if (size > MAX_BYTES)
    throw new Failure('EMSGSIZE', `standard input has more than ${MAX_BYTES} bytes for one message; send less at once, or use --lines`);
}
