/** Rings that nobody uses at the moment cost nothing, and there can be many of them. */
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../support/deadline.js';
import { serviceName } from '../support/names.js';
import { descriptorCount, hardDescriptorLimit, processorTime, type Program, start, timesAsleep } from '../support/processes.js';
import { RING_NEWS, ringMappings } from '../support/rings.js';

const IDLE = 100;
const MANY = 1000;
/** A socket and two bells. */
const DESCRIPTORS = 3;
/** What a process needs beside its connections. */
const SPARE = 100;
const STEP_MS = 40_000;

async function startBoth(count: number, options: object): Promise<{ server: Program; clients: Program }> {
  const name = serviceName();
  const how = { nodeOptions: RING_NEWS, descriptorLimit: DESCRIPTORS * count + SPARE };
  const server = start('echo-server', { argument: { name }, ...how });
  await server.next('listening');
  return { server, clients: start('many-clients', { argument: { name, count, options }, ...how }) };
}

async function tell(clients: Program, step: string, data: unknown = null): Promise<void> {
  clients.tell(step, data);
  expect(await clients.next('done', STEP_MS)).toBe(step);
}

async function expectOpen(programs: Program[], count: number): Promise<void> {
  for (const program of programs) {
    for (let channel = 0; channel < count; channel += 1) expect(await program.next('ring', STEP_MS)).toBe('open');
  }
}

describe.each([{ spin: 0 }, { spin: 50 }])(
  `${IDLE} idle channels with rings, of which each spins for $spin µs when there is traffic`,
  ({ spin }) => {
    test('do not even wake their processes up', async () => {
      const { server, clients } = await startBoth(IDLE, { ring: true, spin });
      await tell(clients, 'connect');
      await expectOpen([server, clients], IDLE);
      await tell(clients, 'echo', 0);
      const effort = (): number[] => [server, clients].flatMap(({ pid }) => [timesAsleep(pid), processorTime(pid)]);
      // What Node itself tidies up after the traffic takes a moment.
      await eventually(async () => {
        const before = effort();
        await sleep(1_000);
        expect(effort()).toEqual(before);
      }, 20_000);
    });
  },
);

const testWithDescriptors = hardDescriptorLimit() >= DESCRIPTORS * MANY + SPARE ? test : test.skip;

testWithDescriptors(
  `${MANY} channels with rings all talk, and all end (needs a hard limit of ${DESCRIPTORS * MANY + SPARE} descriptors)`,
  async () => {
    const { server, clients } = await startBoth(MANY, { ring: { size: 4096 } });
    const before = descriptorCount(server.pid);
    await tell(clients, 'connect');
    await expectOpen([server, clients], MANY);
    for (let round = 0; round < 3; round += 1) await tell(clients, 'echo', round);
    for (const { pid } of [server, clients]) expect(ringMappings(pid)).toHaveLength(2 * MANY);
    expect(descriptorCount(server.pid)).toBe(before + DESCRIPTORS * MANY);
    await tell(clients, 'close');
    for (const { pid } of [server, clients]) await eventually(() => expect(ringMappings(pid)).toEqual([]));
    await eventually(() => expect(descriptorCount(server.pid)).toBe(before));
    clients.endInput();
    await clients.finish();
  },
  3 * STEP_MS,
);
