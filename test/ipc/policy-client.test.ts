import { type Credentials, Endpoint, Policy } from 'gips';

import { SELF, userId } from '../support/accounts.js';
import { BarePeer, type BarePacket } from '../support/bare-peer.js';
import { Door, WELCOME } from '../support/door.js';
import { errorLike } from '../support/errors.js';
import { welcome } from '../support/greetings.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { start, testAsRoot } from '../support/processes.js';

const UID = SELF.uid;
const NOBODY = 65_534;
const NOTHING: BarePacket = { bytes: Buffer.alloc(0), descriptors: 0 };

/** A server that nobody but the client's policy can tell from the right one. */
async function listenAs(uid: string | number): Promise<{ server: BarePeer; name: string }> {
  const name = serviceName('squatted');
  const server = new BarePeer();
  if (uid !== UID) await server.setUser(Number(uid));
  await server.listen(name);
  return { server, name };
}

/** The client has turned the server down, and said nothing to it. */
async function expectTurnedDown(serverPolicy: Policy | undefined, uid: string | number = UID): Promise<void> {
  const { server, name } = await listenAs(uid);
  const options = serverPolicy === undefined ? {} : { serverPolicy };
  const refusal = errorLike({ code: 'EACCES', message: `process ${server.pid} of user ${uid}` });
  await expect(Endpoint.connect(name, options)).rejects.toThrow(refusal);
  expect(() => Endpoint.connectSync(name, options)).toThrow(refusal);
  for (let client = 0; client < 2; client += 1) {
    await server.accept();
    expect(await server.receive()).toEqual(NOTHING);
  }
}

async function expectTrusted(serverPolicy: Policy | undefined, uid: string | number = UID): Promise<void> {
  const { server, name } = await listenAs(uid);
  const connecting = Endpoint.connect(name, serverPolicy === undefined ? {} : { serverPolicy });
  await server.accept();
  await server.receive();
  await server.send(welcome());
  const endpoint = keep(await connecting);
  expect(endpoint.credentials).toMatchObject({ pid: server.pid, uid: String(uid) });
}

describe('a server of the same user is', () => {
  test('trusted by default', () => expectTrusted(undefined));
  test('trusted by its id', () => expectTrusted(new Policy().withAllowedUid([UID])));
  test('trusted by a validator', () => expectTrusted(new Policy().withCredentialValidator(() => Promise.resolve(true))));
  test('turned down as none of the users', () => expectTurnedDown(new Policy().withAllowedUid([userId(4_000_000)])));
  test('turned down by a validator', () => expectTurnedDown(new Policy().withCredentialValidator(() => false)));
});

describe('a server of another user is', () => {
  testAsRoot('turned down by default', () => expectTurnedDown(undefined, NOBODY));
  testAsRoot('turned down where only the privileged are wanted', () => expectTurnedDown(Policy.privilegedOnly(), NOBODY));
  testAsRoot('trusted by its name', () => expectTrusted(new Policy().withAllowedUid(['nobody']), NOBODY));
  testAsRoot('trusted by its group', () => expectTrusted(new Policy().withAllowedGroup([NOBODY]), NOBODY));
  testAsRoot('trusted without any restriction', () => expectTrusted(new Policy(), NOBODY));
  testAsRoot('trusted by the default policy if it is privileged', async () => {
    const door = await Door.open(new Policy());
    const client = start('knock', { as: 'nobody', argument: { name: door.name } });
    expect(await client.next('outcome')).toBe(WELCOME);
  });
});

test('a validator sees the process that listens, and its error is the cause', async () => {
  const { server, name } = await listenAs(UID);
  const cause = new Error('no');
  let seen: Credentials | undefined;
  const serverPolicy = new Policy().withCredentialValidator((credentials) => {
    seen = credentials;
    throw cause;
  });
  await expect(Endpoint.connect(name, { serverPolicy })).rejects.toMatchObject({ code: 'EACCES', cause });
  expect(seen!.pid).toBe(server.pid);
});

test('connect() waits for a validator no longer than it may', async () => {
  const { name } = await listenAs(UID);
  const serverPolicy = new Policy().withCredentialValidator(() => new Promise(() => {}));
  await expect(Endpoint.connect(name, { serverPolicy, timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
});

test('connectSync() cannot wait for a validator at all, and says so', async () => {
  const { name } = await listenAs(UID);
  const serverPolicy = new Policy().withCredentialValidator(() => Promise.resolve(true));
  const cause = expect.objectContaining({ code: 'ERR_GIPS_UNSUPPORTED' }) as Error;
  expect(() => Endpoint.connectSync(name, { serverPolicy })).toThrow(errorLike({ code: 'EACCES', cause }));
});

test.each([
  ['users', new Policy().withAllowedUid(['no-such-user'])],
  ['groups', new Policy().withAllowedGroup(['no-such-group'])],
])('an unknown name among the %s is an error before anybody is connected to', async (list, serverPolicy) => {
  const door = await Door.open();
  const error = errorLike({ code: 'ERR_INVALID_ARG_VALUE', message: list });
  await expect(Endpoint.connect(door.name, { serverPolicy })).rejects.toThrow(error);
  expect(() => Endpoint.connectSync(door.name, { serverPolicy })).toThrow(error);
  expect(door.connections).toBe(0);
});
