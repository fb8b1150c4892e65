/** A server goes while it is asked: every caller is told. */
import { type ConnectOptions, Endpoint } from 'gips';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { type Program, start } from '../support/processes.js';

const IN_FLIGHT = 64;

/** A server whose handlers all run, and what becomes of their callers. */
async function ask(
  options: ConnectOptions,
): Promise<{ endpoint: Endpoint; server: Program; outcomes: Promise<PromiseSettledResult<unknown>[]> }> {
  const name = serviceName();
  const server = start('request-server', { argument: { name, options: { concurrency: IN_FLIGHT } } });
  await server.next('listening');
  const endpoint = keep(await Endpoint.connect(name, options));
  const request = JSON.stringify({ answer: '', delay: 600_000 });
  const outcomes = Promise.allSettled(Array.from({ length: IN_FLIGHT }, () => endpoint.request(request)));
  for (let pending = 0; pending < IN_FLIGHT;) {
    server.tell('count');
    ({ pending } = await server.next<{ pending: number }>('counted'));
  }
  return { endpoint, server, outcomes };
}

function allWith(reason: Error): unknown[] {
  return Array(IN_FLIGHT).fill({ status: 'rejected', reason });
}

describe.each([
  ['by the socket', {}],
  ['by a ring', { ring: true }],
])('%s', (_, transport) => {
  test('64 requests in flight are rejected when the server is killed', async () => {
    const { endpoint, server, outcomes } = await ask(transport);
    await server.kill();
    const vanished = errorLike({ code: 'ECONNRESET', message: 'vanished' });
    expect(await within(outcomes, 'the outcomes')).toEqual(allWith(vanished));
    await expect(endpoint.request('x')).rejects.toThrow(vanished);
  });

  test('64 requests in flight are rejected when the server is stopped, within the deadline of keep-alive', async () => {
    const { endpoint, server, outcomes } = await ask({ ...transport, keepAlive: { interval: 100, timeout: 1_000 } });
    server.signal('SIGSTOP');
    const silent = errorLike({ code: 'ECONNRESET', message: 'did not answer for 1000 ms' });
    // 2 × interval + timeout is 1.2 s; a busy machine is given more.
    expect(await within(outcomes, 'the outcomes', 5_000)).toEqual(allWith(silent));
    expect(await endpoint.closed).toEqual(silent);
    server.signal('SIGCONT');
  });
});
