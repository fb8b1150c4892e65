/** JavaScript can take the memory of a payload away: a stream of bytes does it to what it is given, and newer versions of Node have `ArrayBuffer.prototype.transfer`. */
import { Endpoint } from 'gips';
import { stamped, stampOf } from '../programs/stamped.mjs';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { upTo } from '../support/peer.js';
import { start } from '../support/processes.js';

const COUNT = 20;
const SIZE = 100;

function takeMemory(payload: Buffer): void {
  new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(payload) });
}

async function connectEcho(): Promise<Endpoint> {
  const name = serviceName();
  await start('echo-server', { argument: { name } }).next('listening');
  return keep(await Endpoint.connect(name));
}

/** Payloads of messages that have been received together. */
async function receive(echo: Endpoint): Promise<Buffer[]> {
  for (const number of upTo(COUNT)) await echo.send(stamped(number, SIZE));
  const payloads: Buffer[] = [];
  while (payloads.length < COUNT) payloads.push((await echo.recv()).payload);
  return payloads;
}

test('memory that was taken away is not written to any more', async () => {
  const program = start('flow-detached', { argument: { name: serviceName() }, nodeOptions: ['--expose-gc'] });
  expect(await program.next('result')).toEqual({ overwritten: 0, wrong: 0 });
  await program.finish();
});

test('messages that come after the memory of an earlier one was taken away are whole', async () => {
  const echo = await connectEcho();
  takeMemory((await receive(echo))[3]!);
  expect((await receive(echo)).map(stampOf)).toEqual(upTo(COUNT));
});
