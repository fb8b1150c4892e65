/** Trying what gips needs, and what it can use. */
import { existsSync, fstatSync, readFileSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import type * as Face from '../index.js';
import { resolveAddress } from '../ipc/names.js';
import type * as Native from '../native/index.js';

export interface Finding {
  readonly what: string;
  /** Works; works with limits; gips cannot work without it. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do about it. */
  readonly hint: string | null;
}

type Probe = Omit<Finding, 'what'>;

interface Library {
  readonly face: typeof Face;
  readonly native: typeof Native.native;
}

const ok = (found: string): Probe => ({ state: 'ok', found, hint: null });
const warn = (found: string, hint: string): Probe => ({ state: 'warn', found, hint });
const fail = (found: string, hint: string): Probe => ({ state: 'fail', found, hint });

const ENOUGH_DESCRIPTORS = 1024;
const ENOUGH_SHARED_MEMORY = 64 * 2 ** 20;
/** The largest packet of the protocol, with its headers. */
const ENOUGH_WMEM = 65_536 + 1024;

/** All findings; those that need the addon are left out where there is none. */
export async function examine(): Promise<Finding[]> {
  const findings: Finding[] = [];
  const examineOne = async (what: string, otherwise: (reason: string) => Probe, probe: () => Probe | Promise<Probe>): Promise<void> => {
    try {
      findings.push({ what, ...(await probe()) });
    } catch (error) {
      findings.push({ what, ...otherwise(error instanceof Error ? error.message : String(error)) });
    }
  };
  const fatal = (reason: string): Probe => fail(reason, 'see docs/command-line.md');
  const unknown = (reason: string): Probe => warn(reason, 'see docs/command-line.md');
  let library: Library | undefined;

  await examineOne('platform', fatal, platform);
  await examineOne('node', fatal, node);
  await examineOne('addon', fatal, async () => {
    library = { face: await import('../index.js'), native: (await import('../native/index.js')).native };
    return addon();
  });
  if (library !== undefined) {
    const { face, native } = library;
    await examineOne('messages', fatal, () => messages(face, `gips-doctor.${process.pid}`));
    await examineOne('peer process', unknown, () => peerProcess(face, native));
    await examineOne('sealed memory', unknown, () => sealedMemory(face));
    await examineOne('waiting in memory', unknown, () => waiting(face));
  }
  await examineOne('/dev/shm', unknown, sharedMemory);
  await examineOne('descriptors', unknown, descriptors);
  await examineOne('send buffer', unknown, sendBuffer);
  await examineOne('systemd', unknown, systemd);
  return findings;
}

function platform(): Probe {
  const found = `${process.platform} ${release()}, ${process.arch}`;
  return process.platform === 'linux' ? ok(found) : fail(found, 'use Linux');
}

function node(): Probe {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isEnough = major > 20 || (major === 20 && minor >= 19);
  return isEnough ? ok(process.version) : fail(process.version, 'use Node 20.19 or later');
}

function addon(): Probe {
  const [file = 'loaded'] = /\/\S*\/gips(\.\w+)?\.node$/m.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
  return ok(`${file.includes('/prebuilds/') ? 'prebuilt' : 'compiled'}: ${file}`);
}

async function messages({ Endpoint, Listener }: typeof Face, name: string): Promise<Probe> {
  await using listener = await Listener.bind(name);
  listener.serve(({ message }) => message.payload);
  await using endpoint = await Endpoint.connect(name, { timeout: 5000 });
  const answer = await endpoint.request('ping', { timeout: 5000 });
  if (answer.text() !== 'ping' || endpoint.credentials.pid !== process.pid)
    return fail('answers or credentials are wrong', 'please report it');
  return ok('abstract names, credentials and requests work');
}

async function peerProcess({ Listener }: typeof Face, native: Library['native']): Promise<Probe> {
  const name = `gips-doctor.${process.pid}.peer`;
  await using _listener = await Listener.bind(name);
  const channel = native.connect(resolveAddress(name));
  if (typeof channel === 'number') return warn(`cannot connect (errno ${-channel})`, 'try again');
  const peer = channel.peerProcess();
  channel.close();
  if (typeof peer === 'number') return warn('no SO_PEERPIDFD', 'use Linux 6.5 or later if policies look processes up by their number');
  peer.close();
  return ok('SO_PEERPIDFD');
}

function sealedMemory({ Shm }: typeof Face): Probe {
  const shm = Shm.create(null, 4096);
  try {
    const object = shm.toObject();
    const isExecutable = (fstatSync(object.fd).mode & 0o111) !== 0;
    // It refuses memory that is not sealed.
    Shm.from(object).close();
    return isExecutable
      ? warn('memfd with seals, executable', 'use Linux 6.3 or later for MFD_NOEXEC_SEAL')
      : ok('memfd with seals, not executable');
  } finally {
    shm.close();
  }
}

async function waiting({ Shm }: typeof Face): Promise<Probe> {
  const shm = Shm.create(null, 4096);
  try {
    const waiter = shm.wait(0, 0, { timeout: 5000 });
    shm.view(Int32Array)[0] = 1;
    shm.notify(0);
    const end = await waiter;
    return end === 'timed-out' ? warn('nobody is woken', 'use messages instead of Shm.wait') : ok('wait and notify by futex');
  } finally {
    shm.close();
  }
}

function sharedMemory(): Probe {
  const { bsize, blocks, bavail } = statfsSync('/dev/shm');
  const found = `${Math.floor((bavail * bsize) / 2 ** 20)} of ${Math.floor((blocks * bsize) / 2 ** 20)} MiB free`;
  return bavail * bsize >= ENOUGH_SHARED_MEMORY ? ok(found) : warn(found, 'named regions may not fit: give containers --shm-size');
}

function descriptors(): Probe {
  const [, soft = '?', hard = '?'] =
    /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  const found = `${soft} of at most ${hard}`;
  const isEnough = soft === 'unlimited' || Number(soft) >= ENOUGH_DESCRIPTORS;
  return isEnough ? ok(found) : warn(found, 'each connection takes one: raise it with ulimit -n');
}

function sendBuffer(): Probe {
  const bytes = Number(readFileSync('/proc/sys/net/core/wmem_max', 'latin1'));
  const found = `at most ${bytes} bytes (net.core.wmem_max)`;
  return bytes >= ENOUGH_WMEM ? ok(found) : warn(found, 'raise net.core.wmem_max for faster large messages');
}

/** As sd_booted(3). */
function systemd(): Probe {
  return ok(
    existsSync('/run/systemd/system') ? 'runs this machine' : 'does not run this machine: Listener.fromActivation() has nothing to take',
  );
}
