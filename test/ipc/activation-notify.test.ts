/** Telling the service manager: sd_notify. */
import { rmSync } from 'node:fs';
import { notifySystemd } from 'gips';

import { badArgument, errorLike } from '../support/errors.js';
import { Manager } from '../support/manager.js';
import { serviceName, socketPath } from '../support/names.js';

afterEach(() => {
  delete process.env['NOTIFY_SOCKET'];
});

async function startManager(address: string, options?: { isDeaf?: boolean }): Promise<Manager> {
  process.env['NOTIFY_SOCKET'] = address;
  return await Manager.start(address, options);
}

test.each([
  ['an abstract name', () => `@${serviceName('manager')}`],
  ['a socket file', () => socketPath('manager')],
])('the manager at %s is told', async (_, newAddress) => {
  const address = newAddress();
  const manager = await startManager(address);
  expect(notifySystemd({ READY: 1, STATUS: 'serving; 5 = five', MAINPID: process.pid })).toBe(true);
  expect(await manager.told()).toBe(`READY=1\nSTATUS=serving; 5 = five\nMAINPID=${process.pid}`);
  expect(notifySystemd('STOPPING=1\nSTATUS=bye')).toBe(true);
  expect(await manager.told()).toBe('STOPPING=1\nSTATUS=bye');
  rmSync(address, { force: true });
});

test('where there is no manager nothing is done', () => {
  expect(notifySystemd({ READY: 1 })).toBe(false);
  process.env['NOTIFY_SOCKET'] = '';
  expect(notifySystemd({ READY: 1 })).toBe(false);
});

test('a manager that is gone is an error', () => {
  process.env['NOTIFY_SOCKET'] = `@${serviceName('manager')}`;
  expect(() => notifySystemd({ READY: 1 })).toThrow(errorLike({ code: 'ECONNREFUSED', syscall: 'sendmsg' }));
  process.env['NOTIFY_SOCKET'] = socketPath('manager');
  expect(() => notifySystemd({ READY: 1 })).toThrow(errorLike({ code: 'ENOENT', address: process.env['NOTIFY_SOCKET'] }));
  process.env['NOTIFY_SOCKET'] = `/${'x'.repeat(200)}`;
  expect(() => notifySystemd({ READY: 1 })).toThrow(errorLike({ code: 'ENAMETOOLONG' }));
});

test('a manager that does not read is not waited for', async () => {
  await startManager(`@${serviceName('manager')}`, { isDeaf: true });
  expect(() => {
    for (let count = 0; count < 100_000; count += 1) notifySystemd({ STATUS: count });
  }).toThrow(errorLike({ code: 'EAGAIN' }));
});

test('a state that is too large is an error', async () => {
  await startManager(`@${serviceName('manager')}`);
  expect(() => notifySystemd(`STATUS=${'x'.repeat(100_000_000)}`)).toThrow(errorLike({ code: 'EMSGSIZE' }));
});

test('a manager elsewhere cannot be told', () => {
  process.env['NOTIFY_SOCKET'] = 'vsock:2:1234';
  expect(() => notifySystemd({ READY: 1 })).toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'vsock:2:1234' }));
});

test.each([
  [undefined, badArgument('ERR_INVALID_ARG_TYPE', 'state', 'of type object')],
  [null, badArgument('ERR_INVALID_ARG_TYPE', 'state', 'of type object')],
  [5, badArgument('ERR_INVALID_ARG_TYPE', 'state', 'of type object')],
  ['', badArgument('ERR_INVALID_ARG_VALUE', 'state', 'must not be empty')],
  [{}, badArgument('ERR_INVALID_ARG_VALUE', 'state', 'must not be empty')],
  [{ ready: 1 }, badArgument('ERR_INVALID_ARG_VALUE', 'state', 'capital letters')],
  [{ 'READY=1\nX': 1 }, badArgument('ERR_INVALID_ARG_VALUE', 'state', 'capital letters')],
  [{ READY: true }, badArgument('ERR_INVALID_ARG_TYPE', 'state.READY', 'of type string')],
  [{ STATUS: 'two\nlines' }, badArgument('ERR_INVALID_ARG_VALUE', 'state.STATUS', 'a single line')],
])('%p is no state', (state, failure) => {
  expect(() => notifySystemd(state as never)).toThrow(failure);
});
