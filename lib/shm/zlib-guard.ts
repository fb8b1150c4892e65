/**
 * Keeps Node's zlib from ending the process when the memory it compresses is taken away. A compression whose result does not fit one chunk comes back to its
 * input for more; if that has been detached meanwhile (by `Shm.close`, but also by any transfer), `CompressionStream::Write` in node_zlib.cc finds it too
 * short and aborts, or, since Node 24, throws where nobody can catch it. With the guard the compression fails with an error.
 */
import zlib from 'node:zlib';

/** What is behind a stream of zlib: `_handle`, which has no public name. */
interface Handle {
  write: (this: Handle, flush: number, input: Uint8Array | null, offset: number, length: number, ...output: unknown[]) => void;
  onerror: (this: Handle, message: string, errno: number, code: string) => void;
}

interface Stream {
  readonly _handle?: Partial<Handle> | null;
  close(): void;
}

let isInstalled = false;

/** Once for each environment, when the first memory that can be taken away is shown to anybody. */
export function guardZlib(): void {
  if (isInstalled) return;
  isInstalled = true;
  // Each of the addon's classes by one of its streams.
  const makers = ['createDeflate', 'createBrotliCompress', 'createBrotliDecompress', 'createZstdCompress', 'createZstdDecompress'] as const;
  for (const maker of makers) {
    const stream = (zlib as unknown as Partial<Record<string, () => Stream>>)[maker]?.();
    if (stream === undefined) continue;
    const { _handle: handle } = stream;
    if (typeof handle?.write === 'function') guard(Object.getPrototypeOf(handle) as Handle);
    stream.close();
  }
}

function guard(prototype: Handle): void {
  const { write } = prototype;
  prototype.write = function (this: Handle, flush, input, offset, length, ...output) {
    if (input !== null && input.byteLength < offset + length) {
      this.onerror('the memory to compress has been taken away', zlib.constants.Z_BUF_ERROR, 'Z_BUF_ERROR');
    } else {
      write.call(this, flush, input, offset, length, ...output);
    }
  };
}
