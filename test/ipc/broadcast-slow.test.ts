import { Listener, type BroadcastOptions, type Connection } from 'gips';
import { within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { hasStopped, start, type Program } from '../support/processes.js';

const KIB = 1024;
const MARK = 64 * KIB;
const SIZE = 4 * KIB;
const PROCESSES = 7;
const CLIENTS_PER_PROCESS = 7;
const OTHERS = PROCESSES * CLIENTS_PER_PROCESS;
const ALL = OTHERS + 1;
const options = { highWaterMark: MARK };

let listener: Listener;
let others: Program[];
let stopped: Program;
let connections: Connection[];
/** The server's end of the stopped client. */
let slow: Connection;
/** How many messages have been broadcast. */
let count: number;

beforeEach(async () => {
  count = 0;
  const name = serviceName();
  listener = keep(await Listener.bind(name, options));
  stopped = start('audience', { argument: { name, count: 1, options } });
  connections = [];
  listener.on('connection', (connection) => connections.push(connection));
  await stopped.next('connected');
  slow = connections[0]!;
  others = Array.from({ length: PROCESSES }, () => start('audience', { argument: { name, count: CLIENTS_PER_PROCESS, options } }));
  await Promise.all(others.map((program) => program.next('connected')));
  expect(listener.stats.connections).toBe(ALL);
  stopped.signal('SIGSTOP');
  await hasStopped(stopped.pid);
});

/** The next number, for everybody. */
function broadcast(more: BroadcastOptions = {}): Promise<{ sent: number; dropped: number }> {
  count += 1;
  return listener.broadcast(`${count}`.padEnd(SIZE), more);
}

/** Lets the others take what is there for them: they are no slow clients, but may be slower than a loop. */
async function flushOthers(): Promise<void> {
  await Promise.all(connections.filter((connection) => connection !== slow).map((connection) => connection.flush()));
}

/** Broadcasts until there is no more room for the stopped client. Resolves with how many messages were for it. */
async function fill(): Promise<number> {
  while (slow.bufferedAmount < MARK) {
    expect(await broadcast({ slow: 'drop' })).toEqual({ sent: ALL, dropped: 0 });
    await flushOthers();
  }
  return count;
}

async function heardBy(program: Program, last = count): Promise<string[][]> {
  program.tell('report', `${last}`);
  return await program.next<string[][]>('heard');
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
}

/** The others have all that was broadcast. */
async function expectOthersHeardAll(): Promise<void> {
  for (const clients of await Promise.all(others.map((program) => heardBy(program)))) {
    expect(clients).toEqual(Array.from({ length: CLIENTS_PER_PROCESS }, () => numbers(1, count)));
  }
}

test('by default a broadcast waits for a stopped client, which the others do not notice, and goes on when it does', async () => {
  await fill();
  let isOver = false;
  const waiting = broadcast().then((result) => {
    isOver = true;
    return result;
  });
  await expectOthersHeardAll();
  expect(isOver).toBe(false);
  expect(slow.bufferedAmount).toBeLessThan(MARK + 2 * SIZE);
  stopped.signal('SIGCONT');
  expect(await within(waiting, 'the broadcast')).toEqual({ sent: ALL, dropped: 0 });
  expect(await heardBy(stopped)).toEqual([numbers(1, count)]);
});

test.each([
  { how: 'timeout', limits: () => ({ timeout: 50 }) },
  { how: 'timeout of 0', limits: () => ({ timeout: 0 }) },
  { how: 'signal', limits: () => ({ signal: AbortSignal.timeout(50) }) },
])('a $how ends the waiting, and the message is taken back from the stopped client only', async ({ limits }) => {
  const before = await fill();
  expect(await broadcast(limits())).toEqual({ sent: OTHERS, dropped: 1 });
  await expectOthersHeardAll();
  stopped.signal('SIGCONT');
  await slow.flush();
  expect(await broadcast()).toEqual({ sent: ALL, dropped: 0 });
  expect(await heardBy(stopped)).toEqual([[...numbers(1, before), `${count}`]]);
});

test('dropping, the others get everything without waiting, and the stopped client what came before and after', async () => {
  const before = await fill();
  for (let round = 0; round < 20; round += 1) {
    expect(await broadcast({ slow: 'drop' })).toEqual({ sent: OTHERS, dropped: 1 });
    await flushOthers();
  }
  await expectOthersHeardAll();
  expect(slow.bufferedAmount).toBeLessThan(MARK + 2 * SIZE);
  stopped.signal('SIGCONT');
  await slow.flush();
  expect(await broadcast({ slow: 'drop' })).toEqual({ sent: ALL, dropped: 0 });
  expect(await heardBy(stopped)).toEqual([[...numbers(1, before), `${count}`]]);
});

test('disconnecting, the stopped client is closed with ENOBUFS, and the next broadcast is for the others', async () => {
  await fill();
  const told = new Promise((resolve) => slow.once('close', resolve));
  expect(await broadcast({ slow: 'disconnect' })).toEqual({ sent: OTHERS, dropped: 1 });
  const reason = errorLike({ name: 'GipsError', code: 'ENOBUFS', address: listener.name, message: 'slow' });
  expect(await slow.closed).toEqual(reason);
  expect(await within(told, "'close'")).toEqual(reason);
  expect(listener.stats.connections).toBe(OTHERS);
  expect(await broadcast({ slow: 'disconnect' })).toEqual({ sent: OTHERS, dropped: 0 });
  await expectOthersHeardAll();
  stopped.signal('SIGCONT');
  expect(await stopped.next('ended')).toBe('ECONNRESET');
});

test('a client that is killed while a broadcast waits for it does not get it, and that is no failure', async () => {
  await fill();
  const waiting = broadcast();
  await expectOthersHeardAll();
  await stopped.kill();
  expect(await within(waiting, 'the broadcast')).toEqual({ sent: OTHERS, dropped: 1 });
});

test('clients that go while a loop broadcasts do not disturb it', async () => {
  await stopped.kill();
  const leaving = others.pop()!;
  const isGone = leaving.kill();
  while (listener.stats.connections > OTHERS - CLIENTS_PER_PROCESS) await broadcast();
  await isGone;
  await broadcast();
  await expectOthersHeardAll();
});
