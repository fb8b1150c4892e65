import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, Listener } from 'gips';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { firstClient } from '../support/peer.js';
import { type Program, start } from '../support/processes.js';

/** Longer than a process that has nothing to do needs to end. */
const A_WHILE_MS = 200;

function linger(situation: string, name = serviceName()): Program {
  return start('linger', { argument: { situation, name } });
}

describe('a process stays alive for', () => {
  test.each(['a listener', 'accept() on a listener made without the event loop', 'a listener that was referenced again'])(
    '%s',
    async (situation) => {
      const name = serviceName();
      const program = linger(situation, name);
      await program.next('begun');
      await sleep(A_WHILE_MS);
      const endpoint = keep(await Endpoint.connect(name));
      await endpoint.send('hello').catch(() => undefined);
      await program.next('done');
      await program.finish();
    },
  );

  test.each([
    'recv()',
    'recv() on an endpoint made without the event loop',
    'recv() on an endpoint that was referenced again',
    'a step of an iterator',
    "a subscriber of 'message'",
  ])('%s', async (situation) => {
    const listener = keep(await Listener.bind(serviceName()));
    const program = linger(situation, listener.name);
    await program.next('begun');
    await sleep(A_WHILE_MS);
    await (await firstClient(listener)).send('at last');
    await program.next('done');
    await program.finish();
  });

  test('connect(), until the server has admitted it', async () => {
    const listener = keep(Listener.bindSync(serviceName()));
    const program = linger('connect()', listener.name);
    await program.next('begun');
    await sleep(A_WHILE_MS);
    await firstClient(listener);
    await program.next('done');
    await program.finish();
  });

  test('recv() until its timeout has passed', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    const program = linger('recv() with a timeout', listener.name);
    await program.next('done');
    await program.finish();
  });

  test('recv() on a connection, whatever its listener was told', async () => {
    const program = linger('recv() on a connection of a listener without reference');
    await program.next('done');
    await program.finish();
  });
});

describe('a process ends by itself beside', () => {
  test.each([
    'an idle endpoint',
    'an endpoint made without the event loop',
    'a closed endpoint',
    'a destroyed endpoint',
    'an iterator between two steps',
    'an iterator that was left',
    "a former subscriber of 'message'",
    "a subscriber of 'close', 'drain' and 'error'",
    'the promise of the end',
    'recv() without reference',
    'recv() that was aborted',
    'recv() that has timed out',
  ])('%s', async (situation) => {
    const listener = keep(await Listener.bind(serviceName()));
    listener.on('connection', (connection) => void connection.send('an answer').catch(() => {}));
    const program = linger(situation, listener.name);
    await program.next('begun');
    await program.finish();
  });

  test.each(['a listener without reference', 'a listener made without the event loop', 'a closed listener with clients'])(
    '%s',
    async (situation) => {
      const program = linger(situation);
      await program.next('begun');
      await program.finish();
    },
  );
});
