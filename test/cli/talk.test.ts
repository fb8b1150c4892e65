import { existsSync } from 'node:fs';
import { Endpoint } from 'gips';
import { SELF } from '../support/accounts.js';
import { Running, type } from '../support/command-line.js';
import { serviceName, socketPath } from '../support/names.js';
import { isWindows, posixShell, signals } from '../support/platform.js';

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));

test('a payload piped into `request` comes back byte for byte', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  expect(await type(`gips request ${name}`, BYTES)).toEqual({ status: 0, stdout: BYTES, stderr: '' });
  expect(await type(`gips request ${name}`, 'hi\n')).toEqual({ status: 0, stdout: Buffer.from('hi\n'), stderr: '' });
});

test('a payload as an argument, an empty one, and one per line', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  expect(await type(`gips request ${name} 'größer als'`)).toMatchObject({ status: 0, stdout: Buffer.from('größer als') });
  expect(await type(`gips request ${name} ''`)).toMatchObject({ status: 0, stdout: Buffer.alloc(0) });
  expect(await type(`gips request ${name} --lines`, 'a\n\nb')).toMatchObject({ status: 0, stdout: Buffer.from('a\n\nb\n') });
});

test('a large payload goes through whole', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  const large = Buffer.alloc(3_000_000, BYTES);
  const { status, stdout } = await type(`gips request ${name}`, large);
  expect([status, stdout.equals(large)]).toEqual([0, true]);
});

posixShell.test('`--exec` answers with what the command prints', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--exec', 'tr a-z A-Z');
  expect(await type(`gips request ${name} hello`)).toMatchObject({ status: 0, stdout: Buffer.from('HELLO') });
});

posixShell.test('a command that reads nothing can answer, and knows who asks', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--exec', 'echo "$GIPS_PEER_UID"');
  const { status, stdout } = await type(`gips request ${name}`, Buffer.alloc(1_000_000));
  expect([status, stdout.toString()]).toEqual([0, `${SELF.uid}\n`]);
});

posixShell.test('a command that fails is a failed request, with the end of what it complained of', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--exec', 'echo no such thing >&2; exit 7');
  const { status, stdout, stderr } = await type(`gips request ${name} x`);
  expect([status, stdout.length]).toEqual([1, 0]);
  expect(stderr).toMatch(/^gips: ERR_GIPS_REMOTE: .*exit code 7.*no such thing.*\n$/);
});

posixShell.test('a request that times out ends its command, with what it has started', async () => {
  const name = serviceName();
  const service = await Running.start('serve', name, '--exec', 'sleep 1000 & echo $! >&2; wait');
  const { status, stderr } = await type(`gips request ${name} x --timeout 300`);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^gips: ETIMEDOUT: .*\n$/);
  // Would wait for the sleep, if that were there still.
  expect(await service.end()).toMatchObject({ status: 0 });
});

test('`listen` prints messages as they are, and ends in order', async () => {
  const name = isWindows ? serviceName() : socketPath();
  const listener = await Running.start('listen', name, '--count', '4');
  expect(await type(`gips send ${name} --lines`, 'one\ntwo\n')).toMatchObject({ status: 0, stderr: '' });
  expect(await type(`gips send ${name} three`)).toMatchObject({ status: 0, stderr: '' });
  expect(await type(`gips send ${name}`, BYTES)).toMatchObject({ status: 0 });
  const { status, stdout } = await listener.outcome;
  expect([status, stdout]).toEqual([0, Buffer.concat([Buffer.from('one\ntwo\nthree\n'), BYTES, Buffer.from('\n')])]);
  expect(existsSync(name)).toBe(false);
});

test('`listen --json` says who sent what', async () => {
  const name = serviceName();
  const listener = await Running.start('listen', name, '--count', '1', '--json');
  const endpoint = await Endpoint.connect(name);
  await endpoint.send(BYTES);
  await endpoint.close();
  const { stdout } = await listener.outcome;
  const base64 = BYTES.toString('base64');
  expect(JSON.parse(stdout.toString())).toEqual({
    pid: process.pid,
    uid: isWindows ? SELF.uid : Number(SELF.uid),
    size: BYTES.length,
    objects: 0,
    base64,
  });
});

signals.describe('a service ends in order, and answers what it has begun,', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('at %s', async (signal) => {
    const name = serviceName();
    const service = await Running.start('serve', name, '--exec', 'echo begun >&2; cat');
    const endpoint = await Endpoint.connect(name);
    expect((await endpoint.request('x')).text()).toBe('x');
    expect(await service.end(signal)).toMatchObject({ status: 0, stdout: Buffer.alloc(0) });
    expect(await endpoint.closed).toBeUndefined();
    await endpoint.close();
  });
});

posixShell.test('a reader who has seen enough ends `listen` quietly', async () => {
  const name = serviceName();
  const all = type(`gips listen ${name} | head -1`);
  const endpoint = await Endpoint.connect(name, { wait: true });
  const sendOn = async (): Promise<void> => {
    for (;;) await endpoint.send('line');
  };
  await expect(sendOn()).rejects.toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
  await endpoint.close();
  const { status, stdout, stderr } = await all;
  expect([status, stdout.toString()]).toEqual([0, 'line\n']);
  expect(stderr).toMatch(/^gips: listening on .*\n$/);
});

posixShell.test('a reader who reads nothing is no error for `request` either', async () => {
  const name = serviceName();
  await Running.start('serve', name, '--echo');
  const { status, stderr } = await type(`{ gips request ${name}; echo "ended with $?" >&2; } | true`, Buffer.alloc(1_000_000));
  expect([status, stderr]).toEqual([0, 'ended with 0\n']);
});
