/** Listening sockets that this process was started with: systemd's protocol, see sd_listen_fds(3). */
import { busyError, GipsError } from '../errors.js';
import { errnoOf, native, type NativeAcceptor } from '../native/index.js';
import { requireSharing } from './names.js';

const FIRST_FD = 3;
/** What systemd calls a descriptor that it has no name for. */
const UNNAMED = 'unknown';
const TAKEN = errnoOf('EALREADY');
const ADVICE = "start it by a .socket unit, or try it with 'systemd-socket-activate --seqpacket'";

interface Passed {
  readonly fd: number;
  readonly name: string;
}

/** The socket of this name, or the only one there is; of several with one name, the first that nobody has taken. */
export function takeActivated(name: string | undefined): NativeAcceptor {
  requireSharing('listen on an activated socket');
  const passed = listPassed();
  const candidates = passed.filter((each) => name === undefined || each.name === name);
  if (name === undefined && passed.length > 1) {
    throw new GipsError(`listen on an activated socket: ${passed.length} were passed (${describe(passed)}); name the one you want`, {
      code: 'EINVAL',
    });
  }
  if (candidates.length === 0) {
    throw new GipsError(
      `listen on the activated socket "${name}": there are only ${describe(passed)}; check FileDescriptorName= in the .socket unit`,
      { code: 'ENOENT' },
    );
  }
  for (const { fd } of candidates) {
    const acceptor = native.adoptInherited(fd);
    if (typeof acceptor !== 'number') return acceptor;
    if (acceptor !== TAKEN) throw unfit(fd, acceptor);
  }
  throw busyError(`Cannot listen on the activated ${describe(candidates)}: this process does so already; use share() of that Listener`);
}

/** Throws where there is none. The variables stay, for those who want the other descriptors: children know by LISTEN_PID that they are not meant. */
function listPassed(): Passed[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names = '' } = process.env;
  if (pid === undefined || count === undefined) throw nothing(`LISTEN_PID and LISTEN_FDS are not set; ${ADVICE}`);
  if (pid !== String(process.pid)) {
    throw nothing(`they are for process ${pid} and this is ${process.pid}; start node itself, not through npm or a shell that stays`);
  }
  if (!/^[1-9]\d{0,4}$/.test(count)) throw nothing(`LISTEN_FDS is "${count}"; ${ADVICE}`);
  const list = names.split(':');
  return Array.from({ length: Number(count) }, (_, index) => ({ fd: FIRST_FD + index, name: list[index] || UNNAMED }));
}

function describe(passed: readonly Passed[]): string {
  return passed.map(({ fd, name }) => `"${name}" (descriptor ${fd})`).join(', ');
}

function nothing(reason: string): GipsError {
  return new GipsError(`listen on an activated socket: none was passed to this process: ${reason}`, { code: 'ENOENT' });
}

function unfit(fd: number, errno: number): GipsError {
  const type = native.describe(fd);
  const found = typeof type === 'number' ? 'not open' : `of type "${type}"`;
  return new GipsError(
    `listen on descriptor ${fd}, which was passed to this process: it is ${found}, not a listening Unix socket of type SOCK_SEQPACKET; ` +
      'use ListenSequentialPacket= in the .socket unit',
    { code: 'EINVAL', errno },
  );
}
