import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Endpoint, Listener, ServiceDescriptor } from 'gips';
import { badArgument, errorLike, failureOf } from '../support/errors.js';
import { serviceName, socketPath } from '../support/names.js';
import { socketFiles } from '../support/platform.js';

type Form = [name: string, form: 'throws' | 'rejects', call: (service: string) => unknown];

const FORMS: Form[] = [
  ['Listener.bind', 'rejects', (service) => Listener.bind(service)],
  ['Listener.bindSync', 'throws', (service) => Listener.bindSync(service)],
  ['Endpoint.connect', 'rejects', (service) => Endpoint.connect(service)],
  ['Endpoint.connectSync', 'throws', (service) => Endpoint.connectSync(service)],
];
const DESCRIPTOR: Form = ['new ServiceDescriptor', 'throws', (name) => new ServiceDescriptor(name)];

const BAD_NAMES: [label: string, name: string, failure: Error][] = [
  ['an empty name', '', badArgument('ERR_INVALID_ARG_VALUE', 'name', 'must not be empty')],
  ['a NUL within', 'a\0b', badArgument('ERR_INVALID_ARG_VALUE', 'name', 'must not contain a NUL')],
  ['a NUL in front', '\0a', badArgument('ERR_INVALID_ARG_VALUE', 'name', 'must not contain a NUL')],
  ['half a surrogate pair', 'a\ud800', badArgument('ERR_INVALID_ARG_VALUE', 'name', 'surrogate')],
  ['101 bytes', 'x'.repeat(101), errorLike({ code: 'ENAMETOOLONG', message: 'at most 100' })],
  ['51 characters of 2 bytes', 'é'.repeat(51), errorLike({ code: 'ENAMETOOLONG', message: '102 bytes' })],
  ['a path of 101 bytes', `/tmp/${'x'.repeat(96)}`, errorLike({ code: 'ENAMETOOLONG', message: 'at most 100' })],
];

const NO_NAMES: [label: string, value: unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 5],
  ['an object', { name: 'service' }],
  ['an array', ['service']],
  ['a symbol', Symbol('service')],
  ['a String object', Object('service')],
];

describe.each([...FORMS, DESCRIPTOR])('%s refuses', (_, form, call) => {
  test.each(BAD_NAMES)('%s', async (_, name, failure) => {
    expect(await failureOf(form, () => call(name))).toEqual(failure);
  });
});

describe.each(FORMS)('%s refuses as a service', (_, form, call) => {
  test.each(NO_NAMES)('%s', async (_, value) => {
    const failure = badArgument('ERR_INVALID_ARG_TYPE', 'service', 'of type string or an instance of ServiceDescriptor');
    expect(await failureOf(form, () => call(value as string))).toEqual(failure);
  });
});

test.each(NO_NAMES)('a ServiceDescriptor is not named by %s', async (_, value) => {
  expect(await failureOf('throws', () => new ServiceDescriptor(value as string))).toEqual(
    badArgument('ERR_INVALID_ARG_TYPE', 'name', 'of type string'),
  );
});

test.each([
  ['an abstract one', serviceName().padEnd(100, 'x')],
  ...socketFiles.rows(['a socket file', socketPath().padEnd(100, 'x')]),
  ['with characters of several bytes', `${serviceName()} grüß € 😀 `],
  ['of a single byte', '\u0001'],
])('a name may be %s of up to 100 bytes', async (_, name) => {
  const listener = await Listener.bind(name);
  const endpoint = await Endpoint.connect(name);
  expect(listener.name).toBe(name);
  await endpoint.close();
  await listener.close();
});

socketFiles.describe('a path that cannot be a service', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(socketPath('folder'));
    writeFileSync(`${folder}/file`, 'not a socket');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ['in a folder that does not exist', '/nowhere/socket', 'ENOENT'],
    ['under a file', '/file/socket', 'ENOENT'],
    ['that is a file', '/file', 'EADDRINUSE'],
    ['that is a folder', '', 'EADDRINUSE'],
  ])('%s is refused by bind, and nobody is there for connect', async (_, path, code) => {
    const address = folder + path;
    const bindFailure = errorLike({ name: 'GipsError', code, address, message: address });
    expect(await failureOf('rejects', () => Listener.bind(address))).toEqual(bindFailure);
    expect(await failureOf('throws', () => Listener.bindSync(address))).toEqual(bindFailure);
    const connectFailure = errorLike({ name: 'GipsError', code: 'ECONNREFUSED', address, message: address });
    expect(await failureOf('rejects', () => Endpoint.connect(address))).toEqual(connectFailure);
    expect(await failureOf('throws', () => Endpoint.connectSync(address))).toEqual(connectFailure);
  });
});
