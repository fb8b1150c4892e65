/** `gips request`: a question and its answer. */
import type { Command } from 'commander';
import { addClientOptions, connect, parseName, type ClientOptions } from './arguments.js';
import { payloads } from './input.js';
import { write } from './output.js';

const HELP = `
The answer is printed byte for byte; with --lines each answer is followed by a newline.

Examples:
  gips request com.example.echo hello
  echo hi | gips request com.example.echo
  gips request com.example.resize --timeout 2000 < in.png > out.png`;

export function defineRequest(program: Command): void {
  const command = program
    .command('request')
    .description('ask, and print the answer: the argument, or standard input')
    .argument('<name>', 'name of the service', parseName)
    .argument('[payload]', 'what to ask')
    .option('--lines', 'ask once for each line');
  addClientOptions(command).addHelpText('after', HELP).action(request);
}

async function request(name: string, payload: string | undefined, options: ClientOptions & { lines?: boolean }): Promise<void> {
  const endpoint = await connect(name, options);
  try {
    for await (const each of payloads(payload, options)) {
      const answer = await endpoint.request(each, { timeout: options.timeout });
      for (const object of answer.objects) object.close();
      await write(answer.payload);
      if (options.lines === true) await write('\n');
    }
  } finally {
    await endpoint.close();
  }
}
