import { setTimeout as sleep } from 'node:timers/promises';
import { serviceName } from '../support/names.js';
import { type Program, residentMemory, start } from '../support/processes.js';

interface Result {
  accepted: number[];
  received: number[];
  tries: number;
}

const MIB = 1024 * 1024;
const SLEEP_MS = 60_000;
const SAMPLE_MS = 500;
/** Checked memory is quarantined for a while after it is freed. */
const MOST_GROWTH = process.env.GIPS_TEST_SANITIZED === '1' ? 300 * MIB : 8 * MIB;

/** How much the memory of each process grows at the most. */
async function watchMemory(programs: Program[]): Promise<number[]> {
  const before = programs.map(({ pid }) => residentMemory(pid));
  const growth = programs.map(() => 0);
  for (const end = performance.now() + SLEEP_MS; performance.now() < end; await sleep(SAMPLE_MS)) {
    programs.forEach(({ pid }, index) => {
      growth[index] = Math.max(growth[index]!, residentMemory(pid) - before[index]!);
    });
  }
  return growth;
}

function expectNothingLost(sender: Result, receiver: Result): void {
  const received = new Set(receiver.received);
  expect(sender.accepted.filter((number) => !received.has(number))).toEqual([]);
  // In order, so each but once; and what was given up is not there in part.
  expect(receiver.received.filter((number, index, all) => index > 0 && number <= all[index - 1]!)).toEqual([]);
}

test('two processes that send 16 KiB payloads to each other for a minute and take nothing grow by less than 8 MiB, and lose nothing when they wake', async () => {
  const name = serviceName();
  const argument = { name, size: 16_384, patience: 10 };
  const server = start('flow-stuck', { argument: { ...argument, role: 'server' } });
  await server.next('listening');
  const client = start('flow-stuck', { argument: { ...argument, role: 'client' } });
  const programs = [server, client];
  for (const program of programs) await program.next('connected');
  for (const program of programs) program.tell('send');
  const growth = await watchMemory(programs);
  for (const program of programs) program.tell('wake');
  const [ofServer, ofClient] = [await server.next<Result>('result'), await client.next<Result>('result')];
  for (const program of programs) program.tell('exit');

  for (const bytes of growth) expect(bytes).toBeLessThan(MOST_GROWTH);
  expectNothingLost(ofServer, ofClient);
  expectNothingLost(ofClient, ofServer);
  for (const { tries, accepted } of [ofServer, ofClient]) {
    expect(tries).toBeGreaterThan(100);
    expect(accepted.length).toBeGreaterThan(100);
  }
}, 90_000);
