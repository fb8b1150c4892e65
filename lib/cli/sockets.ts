/** The packet sockets of this machine that have a name, as /proc/net/unix has them: proc(5). */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { nameOf } from '../ipc/names.js';

/** SO_ACCEPTCON: it listens. */
const ACCEPTS = 0x10000;
const SEQPACKET = '0005';
const CONNECTED = '03';
/** Num, RefCount, Protocol, Flags, Type, St, Inode, Path. */
const LINE = /^[0-9a-f]+: [0-9A-F]{8} [0-9A-F]{8} ([0-9A-F]{8}) ([0-9A-F]{4}) ([0-9A-F]{2}) +(\d+) ([@/].*)$/;

/** A name that is listened on. */
export interface ListeningSocket {
  readonly name: string;
  readonly inode: number;
  /** Of the accepted connections, which carry the listener's name. */
  readonly connections: readonly number[];
}

/** Names that are neither abstract nor absolute paths are left out: no service can have one. */
export function listeningSockets(): ListeningSocket[] {
  const listening: { name: string; inode: number }[] = [];
  const connected = new Map<string, number[]>();
  for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
    const [, flags = '', type, state, inode, path = ''] = LINE.exec(line) ?? [];
    if (type !== SEQPACKET) continue;
    const name = nameOf(Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : path));
    if ((parseInt(flags, 16) & ACCEPTS) !== 0) listening.push({ name, inode: Number(inode) });
    else if (state === CONNECTED) connected.set(name, [...(connected.get(name) ?? []), Number(inode)]);
  }
  return listening.map((each) => ({ ...each, connections: connected.get(each.name) ?? [] })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What sock_diag(7) knows of a connection. */
export interface Diagnosis {
  /** The socket at the other end. */
  readonly peer: number;
  readonly received: number;
  readonly sent: number;
}

/** By inode. `undefined` without `ss`, of iproute2: Node has no netlink to ask with. */
export function diagnose(): Map<number, Diagnosis> | undefined {
  let text: string;
  try {
    text = execFileSync('ss', ['-xaH'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 });
  } catch {
    return undefined;
  }
  const found = new Map<number, Diagnosis>();
  for (const line of text.split('\n')) {
    const [, received, sent, inode, peer] = /^u_seq +ESTAB +(\d+) +(\d+) .* (\d+) +\* (\d+)\s*$/.exec(line) ?? [];
    if (inode !== undefined) found.set(Number(inode), { peer: Number(peer), received: Number(received), sent: Number(sent) });
  }
  return found;
}
