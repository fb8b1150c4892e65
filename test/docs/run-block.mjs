/** Runs one compiled program: `run-block.mjs FILE ROLE`. It says on descriptor 3 when it has bound a listener; unless it is a server, it ends with its last line. */
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Listener } from 'gips';

const { bind, bindSync } = Listener;
const isListening = () => void writeSync(3, 'listening\n');

Listener.bind = async (...args) => {
  const listener = await bind.apply(Listener, args);
  isListening();
  return listener;
};
Listener.bindSync = (...args) => {
  const listener = bindSync.apply(Listener, args);
  isListening();
  return listener;
};

const [, , file = '', role] = process.argv;
await import(pathToFileURL(file).href);
if (role !== 'server') process.exit();
