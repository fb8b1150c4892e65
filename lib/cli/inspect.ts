/** `gips inspect`: what the kernel knows of one service, and what it says of itself, now or live. */
import type { Command } from 'commander';
import { integer, parseName, parseSeconds } from './arguments.js';
import { ending, pause } from './ending.js';
import { askLibrary, describeLibrary, type Library } from './library.js';
import { noService } from './exit.js';
import { inLine, table, write, writeJson } from './output.js';
import { describeProcess, socketOwners, usesGips, type ProcessInfo } from './processes.js';
import { diagnose, listeningSockets } from './sockets.js';

interface InspectOptions {
  json?: boolean;
  interval?: number;
  count?: number;
}

interface Peer {
  readonly pid: number | null;
  readonly user: string | null;
  readonly command: string | null;
  /** Bytes that wait to be read by the service, and by the peer. */
  readonly toService: number | null;
  readonly toPeer: number | null;
}

interface Sample {
  readonly name: string;
  readonly time: string;
  readonly processes: readonly (ProcessInfo & { readonly cpuPercent: number | null })[];
  readonly connections: number;
  readonly peers: readonly Peer[];
  readonly library: Library;
}

const DEFAULT_SECONDS = 1;
const CLEAR = '\u001b[H\u001b[J';

const HELP = `
On a terminal it goes on, once a second, until Ctrl-C; elsewhere it is one sample, unless there is an --interval. A service tells its
statistics to its own user and to root. Peers and their queues are known with "ss" (iproute2) only, and what other users' processes keep to
themselves is "?", or null with --json.

Examples:
  gips inspect com.example.echo
  gips inspect com.example.echo --json --interval 5 >> echo.jsonl`;

export function defineInspect(program: Command): void {
  program
    .command('inspect')
    .description('watch a service: its process, its peers and their queues')
    .argument('<name>', 'name of the service', parseName)
    .option('--json', 'print a line of JSON for each sample')
    .option('--interval <seconds>', 'time between samples', parseSeconds)
    .option('--count <n>', 'end after so many samples', integer(1))
    .addHelpText('after', HELP)
    .action(inspect);
}

async function inspect(name: string, { json = false, interval, count }: InspectOptions): Promise<void> {
  const isLive = process.stdout.isTTY && !json;
  const limit = count ?? (process.stdout.isTTY || interval !== undefined ? Infinity : 1);
  const { native } = await import('../native/index.js');
  const signal = ending();
  let before: Sample | undefined;
  for (let taken = 1; !signal.aborted; taken++) {
    const sample = await take(name, (uid) => native.userName(uid), before);
    if (json) await writeJson(sample);
    else await write(`${isLive ? CLEAR : ''}${describe(sample, before)}`);
    before = sample;
    if (taken >= limit) break;
    await pause((interval ?? DEFAULT_SECONDS) * 1000, signal);
  }
}

async function take(name: string, userName: (uid: string) => string | undefined, before: Sample | undefined): Promise<Sample> {
  const socket = listeningSockets().find((each) => each.name === name);
  if (socket === undefined) throw noService(name);
  const owners = socketOwners();
  const isOurs = (owners.get(socket.inode) ?? []).some((pid) => usesGips(pid) === true);
  const library = isOurs
    ? await askLibrary(name)
    : { statistics: null, silence: 'it is no service of gips, or its process keeps that to itself' };
  const time = new Date();
  const diagnoses = diagnose();
  return {
    name,
    time: time.toISOString(),
    processes: (owners.get(socket.inode) ?? [])
      .flatMap((pid) => describeProcess(pid, userName) ?? [])
      .map((info) => ({ ...info, cpuPercent: usage(info, time, before) })),
    connections: socket.connections.length,
    peers: socket.connections.map((inode) => {
      const diagnosis = diagnoses?.get(inode);
      const far = diagnosis === undefined ? undefined : diagnoses?.get(diagnosis.peer);
      const [pid = null] = (diagnosis === undefined ? undefined : owners.get(diagnosis.peer)) ?? [];
      const info = pid === null ? undefined : describeProcess(pid, userName);
      return {
        pid,
        user: info === undefined ? null : (info.user ?? String(info.uid)),
        command: info?.command ?? null,
        toService: diagnosis?.received ?? null,
        toPeer: far?.received ?? null,
      };
    }),
    library,
  };
}

/** Percent of one core since the sample before. */
function usage({ pid, cpu }: ProcessInfo, time: Date, before: Sample | undefined): number | null {
  const earlier = before?.processes.find((each) => each.pid === pid);
  if (before === undefined || earlier === undefined) return null;
  return Math.round((100_000 * (cpu - earlier.cpu)) / Math.max(1, time.getTime() - Date.parse(before.time)));
}

function describe({ name, time, processes, connections, peers, library }: Sample, before: Sample | undefined): string {
  const lines = processes.flatMap(({ pid, uid, user, command, since, memory, cpu, cpuPercent }) => [
    `process      ${pid}, user ${user ?? uid}, since ${since ?? '?'}`,
    `command      ${inLine(command)}`,
    `memory       ${(memory / 2 ** 20).toFixed(1)} MiB`,
    `processor    ${cpu.toFixed(2)} s${cpuPercent === null ? '' : `, ${cpuPercent} %`}`,
  ]);
  const cell = (value: string | number | null): string => String(value ?? '?');
  const rows = peers.map((peer) => [peer.pid, peer.user, peer.toService, peer.toPeer, peer.command].map(cell));
  return [
    `service      ${inLine(name)}`,
    ...(lines.length > 0 ? lines : ['process      ?']),
    `connections  ${connections}`,
    `at           ${time}`,
    describeLibrary(library, before?.library, before === undefined ? 0 : (Date.parse(time) - Date.parse(before.time)) / 1000),
    rows.length > 0 ? table([['PEER', 'USER', 'TO SERVICE', 'TO PEER', 'COMMAND'], ...rows]) : '',
  ].join('\n');
}
