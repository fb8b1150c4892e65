/** A worker of main.ts: `node worker.js NAME`. Gets the listening handle, and serves the clients that the system gives it until its standard input ends. */
import { pbkdf2Sync } from 'node:crypto';
import { Endpoint, Listener } from 'gips';

const [name = ''] = process.argv.slice(2);
process.stdin.resume().once('end', () => process.exit());

const main = await Endpoint.connect(`${name}.control`);
const [handle] = (await main.request('the handle, please')).objects;
if (handle === undefined) throw new Error('the main process has sent no handle');
const listener = await Listener.from(handle);
listener.serve(({ message }) => `${message.text()} ${work(message.text())} ${process.pid}`);
await main.request('I serve');

/** Something that a core needs about a millisecond for. */
function work(question: string): string {
  return pbkdf2Sync(question, 'salt', 5000, 16, 'sha256').toString('hex');
}
