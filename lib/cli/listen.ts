/** `gips listen`: prints what comes. */
import type { Command } from 'commander';
import type { Pod } from '../ipc/index.js';
import { integer, parseName } from './arguments.js';
import { ending } from './ending.js';
import { note, printable, write, writeJson } from './output.js';

interface ListenOptions {
  json?: boolean;
  count?: number;
  anyUser?: boolean;
}

const HELP = `
Each message is printed as it is, with a newline behind it; on a terminal without what the terminal would take for a command.
With --json it is a line {"pid", "uid", "size", "objects", "base64"}.

Examples:
  gips listen com.example.log
  gips listen com.example.log --json | jq -r '.base64 | @base64d'
  gips listen com.example.log --count 1 > message.bin`;

export function defineListen(program: Command): void {
  program
    .command('listen')
    .description('bind a name and print each message that comes')
    .argument('<name>', 'name of the service', parseName)
    .option('--json', 'print a line of JSON for each message')
    .option('--count <n>', 'end after so many messages', integer(1))
    .option('--any-user', 'take messages of all users, not of your own and root alone')
    .addHelpText('after', HELP)
    .action(listen);
}

async function listen(name: string, { json = false, count = Infinity, anyUser }: ListenOptions): Promise<void> {
  const { Listener, Policy, ServiceDescriptor } = await import('../ipc/index.js');
  const descriptor = new ServiceDescriptor(name);
  const listener = await Listener.bind(anyUser === true ? descriptor.withPolicy(new Policy()) : descriptor);
  const signal = ending();
  note(`listening on ${name} as process ${process.pid}`);
  try {
    for (let left = count; left > 0; left--) {
      const pod = await listener.accept({ signal });
      await print(pod, json);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await listener.close();
  }
}

async function print({ message, credentials }: Pod, json: boolean): Promise<void> {
  const { payload, objects } = message;
  for (const object of objects) object.close();
  if (json) {
    const { pid } = credentials;
    // A number, where users have numbers.
    const uid = /^\d+$/.test(credentials.uid) ? Number(credentials.uid) : credentials.uid;
    await writeJson({ pid, uid, size: payload.length, objects: objects.length, base64: payload.toString('base64') });
  } else {
    await write(process.stdout.isTTY ? printable(message.text()) : payload);
    await write('\n');
  }
}
