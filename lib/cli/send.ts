/** `gips send`: messages that nobody has to answer. */
import type { Command } from 'commander';
import { addClientOptions, connect, parseName, type ClientOptions } from './arguments.js';
import { payloads } from './input.js';

const HELP = `
Examples:
  gips send com.example.log 'it is done'
  tail -f app.log | gips send com.example.log --lines`;

export function defineSend(program: Command): void {
  const command = program
    .command('send')
    .description('send a message: the argument, or standard input')
    .argument('<name>', 'name of the service', parseName)
    .argument('[payload]', 'what to send')
    .option('--lines', 'send each line as a message');
  addClientOptions(command).addHelpText('after', HELP).action(send);
}

async function send(name: string, payload: string | undefined, options: ClientOptions & { lines?: boolean }): Promise<void> {
  const endpoint = await connect(name, options);
  try {
    for await (const each of payloads(payload, options)) await endpoint.send(each, { timeout: options.timeout });
    await endpoint.flush({ timeout: options.timeout });
  } finally {
    await endpoint.close();
  }
}
