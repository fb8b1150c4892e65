/** A large file for a suite, of bytes that no mistake produces by chance. */
import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { socketPath } from './names.js';

export interface TestFile {
  readonly path: string;
  readonly bytes: number;
  readonly digest: string;
}

/** Makes a file of so many bytes, which is gone when the suite is over. */
export function makeFile(bytes: number): TestFile {
  const content = randomBytes(bytes);
  const path = socketPath('file');
  writeFileSync(path, content);
  afterAll(() => rmSync(path));
  return { path, bytes, digest: createHash('sha256').update(content).digest('hex') };
}
