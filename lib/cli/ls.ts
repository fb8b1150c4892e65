/** `gips ls`: the services of this machine. */
import type { Command } from 'commander';
import { table, write, writeJson } from './output.js';
import { describeProcess, socketOwners, usesGips } from './processes.js';
import { listeningSockets } from './sockets.js';

const HELP = `
Every listening packet socket (SOCK_SEQPACKET) is listed, those of other programs too. The column GIPS says whether its process has this library
loaded. What other users' processes keep to themselves is "?", and null with --json.

Examples:
  gips ls
  gips ls --json | jq 'select(.gips)'`;

export function defineLs(program: Command): void {
  program
    .command('ls')
    .description('list the live services of this machine')
    .option('--json', 'print a line of JSON for each service')
    .addHelpText('after', HELP)
    .action(ls);
}

async function ls({ json = false }: { json?: boolean }): Promise<void> {
  const { native } = await import('../native/index.js');
  const owners = socketOwners();
  const services = listeningSockets().map(({ name, inode, connections }) => {
    const pids = owners.get(inode) ?? [];
    const pid = pids[0] ?? null;
    const info = pid === null ? undefined : describeProcess(pid, (uid) => native.userName(uid));
    return {
      name,
      pid,
      pids,
      uid: info?.uid ?? null,
      user: info === undefined ? null : (info.user ?? String(info.uid)),
      connections: connections.length,
      gips: pid === null ? null : usesGips(pid),
    };
  });
  if (json) {
    for (const service of services) await writeJson(service);
    return;
  }
  const rows = services.map(({ name, pids, user, connections, gips }) => [
    name,
    pids.join(',') || '?',
    user ?? '?',
    String(connections),
    gips === null ? '?' : gips ? 'yes' : 'no',
  ]);
  await write(table([['NAME', 'PID', 'USER', 'CONNECTIONS', 'GIPS'], ...rows]));
}
