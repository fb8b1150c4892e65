/** The client of demo.ts, which starts it: `node demo-client.js client|client-as-nobody NAME`. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endpoint, GipsError, IpcObject } from 'gips';

const [role, name = ''] = process.argv.slice(2);
if (role === 'client-as-nobody') becomeNobody();

try {
  const endpoint = await Endpoint.connect(name);
  await talk(endpoint);
  await endpoint.close();
} catch (error) {
  if (!(error instanceof GipsError && error.code === 'EACCES')) throw error;
  say(`I was not let in (${error.code}): ${error.message}`);
}

async function talk(endpoint: Endpoint): Promise<void> {
  await endpoint.send(`Hello, I am process ${process.pid}.`);
  say(`it answered: ${(await endpoint.recv()).text()}`);

  const file = await openNamelessFile();
  using object = IpcObject.from(file);
  await endpoint.send('Here is a file that has no name any more.', { objects: [object] });
  say(`it answered: ${(await endpoint.recv()).text()}`);
  const { buffer, bytesRead } = await file.read({ position: 0 });
  say(`my file contains: ${buffer.toString('utf8', 0, bytesRead)}`);
  await file.close();
}

/** Nobody can open it by a path: whoever is to use it needs the descriptor. */
async function openNamelessFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'gips-demo-'));
  const file = await open(join(folder, 'file'), 'w+');
  await rm(folder, { recursive: true });
  return file;
}

function becomeNobody(): void {
  process.setgroups?.([]);
  process.setgid?.(65534);
  process.setuid?.('nobody');
}

function say(text: string): void {
  console.log(`client | ${text}`);
}
