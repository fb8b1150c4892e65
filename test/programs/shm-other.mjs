/** Has a region by its name, or from whoever serves `service`: says what it holds, and does with it what it is told. */
import { Endpoint, Shm } from '../../dist/index.js';
import { argument, commands, report, say } from './talk.mjs';

const shm = argument.name === undefined ? await received() : Shm.open(argument.name);
say('read', shm.read(0, 4).toString());

const acts = {
  write: (text) => shm.write(text),
  resize: (size) => shm.resize(size),
  remap: () => shm.remap(),
  read: ([offset, size]) => shm.read(offset, size).toString(),
  size: () => shm.size,
};
for await (const [command, data] of commands()) await report('done', () => acts[command](data) ?? null);
shm.close();

async function received() {
  const endpoint = await Endpoint.connect(argument.service);
  const { objects } = await endpoint.recv();
  await endpoint.close();
  return objects[0].toShm();
}
