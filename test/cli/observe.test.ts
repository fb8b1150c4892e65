import { Endpoint } from 'gips';
import { Running, type } from '../support/command-line.js';
import { serviceName, socketPath } from '../support/names.js';
import { start } from '../support/processes.js';

async function lines(command: string): Promise<Record<string, unknown>[]> {
  const { status, stdout, stderr } = await type(command);
  expect([status, stderr]).toEqual([0, '']);
  return stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test.each([
  ['an abstract name', serviceName],
  ['a socket file', socketPath],
])('`ls` knows a service with %s: who it is and how many are connected', async (_what, makeName) => {
  const name = makeName('with space');
  const service = await Running.start('serve', name, '--echo');
  await using _one = await Endpoint.connect(name);
  await using _two = await Endpoint.connect(name);
  const found = (await lines('gips ls --json')).filter((each) => each['name'] === name);
  expect(found).toEqual([
    { name, pid: service.pid, pids: [service.pid], uid: process.getuid!(), user: expect.any(String), connections: 2, gips: true },
  ]);
  const { stdout } = await type('gips ls');
  expect(stdout.toString()).toMatch(/^NAME +PID +USER +CONNECTIONS +GIPS\n/);
  expect(stdout.toString()).toMatch(new RegExp(`^${name} +${service.pid} +\\S+ +2 +yes$`, 'm'));
  await service.end();
});

test('`ls | head -1` ends quietly', async () => {
  const { stdout, stderr } = await type('gips ls | head -1');
  expect([stdout.toString(), stderr]).toEqual([expect.stringMatching(/^NAME .*\n$/), '']);
});

test('a name cannot give commands to the terminal', async () => {
  const name = serviceName('\u001b[31mred');
  await Running.start('serve', name, '--echo');
  const { stdout } = await type('gips ls');
  expect(stdout.toString()).toContain('\ufffd[31mred');
  expect(stdout.toString()).not.toContain('\u001b');
});

test('`inspect` knows the service and its peers', async () => {
  const name = serviceName();
  const service = await Running.start('serve', name, '--echo');
  await using _endpoint = await Endpoint.connect(name);
  const [sample] = await lines(`gips inspect ${name} --json`);
  expect(sample).toMatchObject({
    name,
    processes: [{ pid: service.pid, uid: process.getuid!(), command: expect.stringContaining(`serve ${name} --echo`), cpuPercent: null }],
    connections: 1,
    peers: [{ pid: process.pid, toService: 0, toPeer: 0 }],
    library: { statistics: { pid: service.pid, listener: { connections: 1 }, connections: [{ pid: process.pid }] }, silence: null },
  });
  const { stdout } = await type(`gips inspect ${name}`);
  expect(stdout.toString()).toMatch(new RegExp(`^service +${name}\nprocess +${service.pid}, user `));
  expect(stdout.toString()).not.toContain('\u001b');
});

test('`inspect` without ss tells what /proc does', async () => {
  const name = serviceName();
  const service = await Running.start('serve', name, '--echo');
  await using _endpoint = await Endpoint.connect(name);
  const [sample] = await lines(`PATH=/nowhere; gips inspect ${name} --json`);
  expect(sample).toMatchObject({
    processes: [{ pid: service.pid }],
    connections: 1,
    peers: [{ pid: null, user: null, command: null, toService: null, toPeer: null }],
  });
});

test('`inspect` tells how a service does, and why it does not know', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  await using endpoint = await Endpoint.connect(name);
  await endpoint.request('something');
  const { stdout } = await type(`gips inspect ${name} --interval 0.05 --count 2`);
  expect(stdout.toString()).toMatch(/^received +1 messages, 9 bytes, 0 waiting$/m);
  expect(stdout.toString()).toMatch(/^received +1 messages \(0 a second\), 9 bytes, 0 waiting$/m);
  expect(stdout.toString()).toMatch(/^handling +p50 \S+ µs, p90 \S+, p99 \S+, max \S+ \(1\)$/m);
  expect(stdout.toString()).toMatch(new RegExp(`^${process.pid} +1 +1 +0 +0 +0$`, 'm'));
  const blocked = serviceName();
  await start('bind-and-block', { argument: { name: blocked } }).next('listening');
  expect((await type(`gips inspect ${blocked}`)).stdout.toString()).toMatch(
    /^statistics +none: it does not answer: it is busy or blocked/m,
  );
});

test('`inspect --interval` goes on, and says how busy the process is', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  const samples = await lines(`gips inspect ${name} --json --interval 0.05 --count 3`);
  expect(samples.map((sample) => sample['processes'])).toEqual([
    [expect.objectContaining({ cpuPercent: null })],
    [expect.objectContaining({ cpuPercent: expect.any(Number) })],
    [expect.objectContaining({ cpuPercent: expect.any(Number) })],
  ]);
});

test('`inspect` ends when its service does', async () => {
  const name = serviceName();
  const service = await Running.start('serve', name, '--echo');
  const watcher = await Running.start('inspect', name, '--json', '--interval', '0.05');
  await service.end();
  expect(await watcher.outcome).toMatchObject({ status: 3, stderr: expect.stringContaining('ECONNREFUSED') });
});

test.each(['', '--ring', '--concurrency 8', '--size 100000'])('`bench %s` measures', async (options) => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  const [result] = await lines(`gips bench ${name} --time 0.2 --json ${options}`);
  expect(result).toMatchObject({ requests: expect.any(Number), perSecond: expect.any(Number), ring: options === '--ring' });
  const { min, p50, p99, max } = result!['latencyMicros'] as Record<string, number>;
  expect(min).toBeGreaterThan(0);
  expect([min, p50, p99, max]).toEqual([min, p50, p99, max].toSorted((a, b) => a! - b!));
});

test('`bench` for people', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  const { status, stdout } = await type(`gips bench ${name} --time 0.1`);
  expect([status, stdout.toString()]).toEqual([
    0,
    expect.stringMatching(/^\d+ requests of 64 bytes in .*\n\d+ per second, .*\nlatency\n {2}min /),
  ]);
});

test('`doctor` finds that gips works here', async () => {
  const findings = await lines('gips doctor --json');
  expect(findings.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['platform', 'node', 'addon', 'messages', 'sealed memory', '/dev/shm', 'descriptors']),
  );
  expect(findings.filter(({ state }) => state === 'fail')).toEqual([]);
  const { status, stdout } = await type('gips doctor');
  expect([status, stdout.toString()]).toEqual([0, expect.stringMatching(/^ok +platform +linux /)]);
});

test('`doctor` says what is missing', async () => {
  const findings = await lines('ulimit -n 100; gips doctor --json');
  expect(findings.find(({ what }) => what === 'descriptors')).toMatchObject({ state: 'warn', hint: expect.stringContaining('ulimit -n') });
});
