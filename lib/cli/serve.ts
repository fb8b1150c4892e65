/** `gips serve`: answers. */
import type { Command } from 'commander';
import { integer, parseName } from './arguments.js';
import { ending, untilAborted } from './ending.js';
import { execute } from './execute.js';
import { usageError } from './exit.js';
import { note } from './output.js';

interface ServeOptions {
  echo?: boolean;
  exec?: string;
  concurrency: number;
  drain: number;
  anyUser?: boolean;
}

const HELP = `
The command of --exec gets the payload on standard input, and GIPS_PEER_PID and GIPS_PEER_UID in its environment. What it prints is the answer;
if it fails, so does the request, with the end of what it wrote to standard error. Plain messages are answered by messages in the same way.
SIGINT and SIGTERM close in order: nothing new is taken, what runs may end.

Examples:
  gips serve com.example.echo --echo
  gips serve com.example.upper --exec 'tr a-z A-Z'`;

export function defineServe(program: Command): void {
  program
    .command('serve')
    .description('serve requests and messages: by --echo or by --exec')
    .argument('<name>', 'name of the service', parseName)
    .option('--echo', 'answer with what was asked')
    .option('--exec <command>', 'answer with what this shell command prints')
    .option('--concurrency <n>', 'how many requests may run at once', integer(1), 64)
    .option('--drain <ms>', 'how long running requests may take when it ends', integer(0), 5000)
    .option('--any-user', 'serve all users, not your own and root alone')
    .addHelpText('after', HELP)
    .action(serve);
}

async function serve(name: string, { echo, exec, concurrency, drain, anyUser }: ServeOptions): Promise<void> {
  if ((echo === true) === (exec !== undefined)) throw usageError('serve needs one of --echo and --exec <command>');
  const { Listener, Policy, ServiceDescriptor } = await import('../ipc/index.js');
  const descriptor = new ServiceDescriptor(name);
  const listener = await Listener.bind(anyUser === true ? descriptor.withPolicy(new Policy()) : descriptor);
  const signal = ending();
  const service = listener.serve(exec === undefined ? ({ message }) => message.payload : (request) => execute(exec, request), {
    concurrency,
  });
  note(`serving ${name} as process ${process.pid}`);
  await untilAborted(signal);
  await service.close({ drain });
  await listener.close();
}
