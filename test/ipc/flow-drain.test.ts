import { Listener } from 'gips';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

test("what is sent in a subscriber of 'drain' leaves before the event loop sleeps", async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const program = start('send-on-drain', { argument: { name: listener.name } });
  const connection = keep((await listener.connections().next()).value!);
  const texts: string[] = [];
  while (texts.at(-1) !== 'three') {
    const message = await connection.recv({ timeout: 5_000 });
    if (message.payload.length < 600) texts.push(message.text());
  }
  expect(texts).toEqual(['one', 'two', 'three']);
  await program.kill();
});
