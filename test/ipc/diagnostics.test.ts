import { spawnSync } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';
import { type DiagnosticsEvents, Endpoint, type Logger, Listener, Policy, ServiceDescriptor, setLogger } from 'gips';
import { SELF } from '../support/accounts.js';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';

const PROGRAM = fileURLToPath(new URL('../programs/observed.mjs', import.meta.url));

type Name = keyof DiagnosticsEvents;

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
  setLogger(null);
});

/** The events under this name from now on, until the end of the test. */
function eventsOf<N extends Name>(name: N): DiagnosticsEvents[N][] {
  const events: DiagnosticsEvents[N][] = [];
  const add = (event: unknown): void => void events.push(event as DiagnosticsEvents[N]);
  diagnostics.subscribe(name, add);
  ended.push(() => diagnostics.unsubscribe(name, add));
  return events;
}

test('a listener, its connection on both sides, and their end are told', async () => {
  const bound = eventsOf('gips:listener.bind');
  const opened = eventsOf('gips:connection.open');
  const closed = eventsOf('gips:connection.close');
  const { listener, endpoint } = await connectPair();
  const address = listener.name;
  const ends = [`Connection of Listener "${address}"`, `Endpoint "${address}"`];
  expect(bound).toEqual([{ listener: `Listener "${address}"`, address }]);
  await eventually(() => expect(opened.map(({ channel }) => channel).sort()).toEqual(ends));
  expect(opened.map(({ side }) => side).sort()).toEqual(['client', 'server']);
  for (const { credentials, address: at } of opened) expect([credentials.pid, at]).toEqual([process.pid, address]);
  await endpoint.send('12345');
  await endpoint.close();
  await eventually(() => expect(closed.map(({ channel, error }) => [channel, error]).sort()).toEqual(ends.map((end) => [end, undefined])));
  expect(closed.find(({ channel }) => channel.startsWith('Endpoint'))!.stats).toMatchObject({ messagesSent: 1, bytesSent: 5 });
});

test('a channel that fails is told with its error', async () => {
  const closed = eventsOf('gips:connection.close');
  const { endpoint, connection } = await connectPair();
  endpoint.destroy();
  expect(await connection.closed).toEqual(errorLike({ code: 'ECONNRESET' }));
  await eventually(() =>
    expect(closed.find(({ channel }) => channel.startsWith('Connection'))?.error).toEqual(errorLike({ code: 'ECONNRESET' })),
  );
});

test('a client that is turned away is told by its listener, and never open', async () => {
  const rejected = eventsOf('gips:connection.reject');
  const opened = eventsOf('gips:connection.open');
  const closed = eventsOf('gips:connection.close');
  const policy = new Policy().withCredentialValidator(() => false);
  const listener = keep(await Listener.bind(new ServiceDescriptor(serviceName()).withPolicy(policy)));
  await expect(Endpoint.connect(listener.name)).rejects.toThrow(errorLike({ code: 'EACCES' }));
  expect(rejected).toEqual([
    {
      listener: `Listener "${listener.name}"`,
      address: listener.name,
      credentials: expect.anything(),
      error: errorLike({ code: 'EACCES' }),
    },
  ]);
  await new Promise(setImmediate);
  expect([...opened, ...closed]).toEqual([]);
});

test('messages, requests and replies are told with their sizes, by who sends and by who gets them', async () => {
  const { endpoint, connection } = await connectPair();
  const sent = eventsOf('gips:message.send');
  const received = eventsOf('gips:message.recv');
  connection.serve(({ isRequest }) => (isRequest ? 'answer' : undefined));
  await endpoint.send('to be sure');
  await endpoint.request('question?');
  const kinds = (events: typeof sent) => events.map(({ channel, kind, size }) => [channel.split(' ')[0], kind, size]);
  await eventually(() => expect(received).toHaveLength(3));
  expect(kinds(sent)).toEqual([
    ['Endpoint', 'message', 10],
    ['Endpoint', 'request', 9],
    ['Connection', 'reply', 6],
  ]);
  expect(kinds(received)).toEqual([
    ['Connection', 'message', 10],
    ['Connection', 'request', 9],
    ['Endpoint', 'reply', 6],
  ]);
});

test('a request is told at its start and its end, as one object, on both sides', async () => {
  const { endpoint, connection } = await connectPair();
  const starts = eventsOf('gips:request.start');
  const ends = eventsOf('gips:request.end');
  connection.serve(({ message }) => {
    if (message.text() === 'bad') throw new RangeError('too bad');
    return 'good';
  });
  await endpoint.request('ok');
  await eventually(() => expect(ends).toHaveLength(2));
  expect(starts.map(({ side, size }) => [side, size])).toEqual([
    ['caller', 2],
    ['handler', 2],
  ]);
  expect(new Set(ends)).toEqual(new Set(starts));
  for (const { duration, error } of ends) expect([duration! > 0, error]).toEqual([true, undefined]);
  await expect(endpoint.request('bad')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_REMOTE' }));
  await eventually(() => expect(ends).toHaveLength(4));
  const failures = Object.fromEntries(ends.slice(2).map(({ side, error }) => [side, error]));
  expect(failures).toEqual({
    caller: errorLike({ code: 'ERR_GIPS_REMOTE' }),
    handler: errorLike({ name: 'RangeError', message: 'too bad' }),
  });
});

test.each(['gips:request.start', 'gips:message.send'] as const)(
  'a subscriber of %s may destroy the channel: the request fails',
  async (name) => {
    const { endpoint } = await connectPair();
    const destroy = (event: unknown): void => void ((event as { channel: string }).channel.startsWith('Endpoint') && endpoint.destroy());
    diagnostics.subscribe(name, destroy);
    ended.push(() => diagnostics.unsubscribe(name, destroy));
    await expect(endpoint.request('question')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  },
);

describe('a logger', () => {
  test('gets each event with its level, as an object and a text', async () => {
    const lines: unknown[][] = [];
    const at = (level: string) => (fields: object, text: string) => void lines.push([level, (fields as { event: Name }).event, text]);
    expect(setLogger({ debug: at('debug'), info: at('info'), warn: at('warn') })).toBeNull();
    const { listener, endpoint } = await connectPair();
    endpoint.destroy();
    await eventually(() =>
      expect(lines.map(([level, event]) => `${String(level)} ${String(event)}`)).toContain('warn gips:connection.close'),
    );
    expect(lines).toContainEqual(['info', 'gips:listener.bind', `Listener "${listener.name}" listens`]);
    expect(lines).toContainEqual([
      'debug',
      'gips:connection.open',
      `Endpoint "${listener.name}" is open; the server is process ${process.pid} of user ${SELF.uid}`,
    ]);
  });

  test('that lacks a level, or is removed, is not called', async () => {
    const texts: string[] = [];
    const logger: Logger = { info: (_, text) => void texts.push(text) };
    setLogger(logger);
    const first = await connectPair();
    expect(setLogger(null)).toBe(logger);
    await connectPair();
    expect(texts).toEqual([`Listener "${first.listener.name}" listens`]);
  });

  test.each([undefined, 5, 'console'])('cannot be %p', (logger) => {
    expect(() => setLogger(logger as never)).toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  });
});

test('NODE_DEBUG=gips prints a line for each event', () => {
  const name = serviceName();
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, JSON.stringify({ name })], {
    env: { ...process.env, NODE_DEBUG: 'gips' },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const lines = stderr.split('\n').filter((line) => line.startsWith('GIPS'));
  const texts = lines.map((line) =>
    line
      .replace(/^GIPS \d+: /, '')
      .replaceAll(name, 'X')
      .replace(/[\d.]+ ms/, 'T ms'),
  );
  expect(texts[0]).toBe('Listener "X" listens');
  for (const text of [
    'Endpoint "X" asks with 8 bytes',
    'Connection of Listener "X" is asked with 8 bytes',
    'Endpoint "X" got a reply of 6 bytes',
    'Endpoint "X" was answered after T ms',
    'Connection of Listener "X" has answered after T ms: no %s',
    'Endpoint "X" has ended in order',
    'Listener "X.nobody" listens',
  ]) {
    expect(texts).toContain(text);
  }
  expect(texts.some((text) => text.startsWith('Listener "X.nobody" turned away process'))).toBe(true);
});

test('a throwing subscriber is an uncaught exception, and harms no message', () => {
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM, JSON.stringify({ name: serviceName(), isThrowing: true })], {
    encoding: 'utf8',
  });
  expect([status, stdout.trim()]).toEqual([0, 'answer, 3 uncaught']);
});
