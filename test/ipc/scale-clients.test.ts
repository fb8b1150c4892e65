import { eventually } from '../support/deadline.js';
import { serviceName } from '../support/names.js';
import { isWindows } from '../support/platform.js';
import { descriptorCount, hardDescriptorLimit, type Program, start } from '../support/processes.js';

const PROCESSES = 4;
/** A pipe under Wine costs milliseconds. */
const CLIENTS = isWindows ? 100 : 2000;
/** How far the count of handles may be off: those of threads, and of pipes that wait for a client, come and go on Windows. */
const INEXACT = isWindows ? 10 : 0;
/** What a process needs beside its connections. */
const SPARE = 100;
const STEP_MS = 40_000;

const needed = CLIENTS + SPARE;
const testWithDescriptors = hardDescriptorLimit() >= needed ? test : test.skip;

testWithDescriptors(
  `${CLIENTS} clients are connected and served at once (needs a hard limit of ${needed} descriptors)`,
  async () => {
    const name = serviceName();
    const server = start('echo-server', { argument: { name }, descriptorLimit: needed });
    await server.next('listening');
    const before = descriptorCount(server.pid);
    const argument = { name, count: CLIENTS / PROCESSES };
    const programs = Array.from({ length: PROCESSES }, () => start('many-clients', { argument, descriptorLimit: needed }));
    await tellAll(programs, 'connect');
    expectCount(server, before + CLIENTS);
    for (let round = 0; round < 3; round += 1) await tellAll(programs, 'echo', round);
    expectCount(server, before + CLIENTS);
    await tellAll(programs, 'close');
    await eventually(() => expectCount(server, before));
    for (const program of programs) program.endInput();
    await Promise.all(programs.map((program) => program.finish()));
  },
  3 * STEP_MS,
);

function expectCount(server: Program, count: number): void {
  expect(Math.abs(descriptorCount(server.pid) - count)).toBeLessThanOrEqual(INEXACT);
}

async function tellAll(programs: Program[], step: string, data: unknown = null): Promise<void> {
  for (const program of programs) program.tell(step, data);
  for (const program of programs) expect(await program.next('done', STEP_MS)).toBe(step);
}
