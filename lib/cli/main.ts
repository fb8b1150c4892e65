/** The command line: which commands there are, and how they end. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { defineBench } from './bench.js';
import { defineDoctor } from './doctor.js';
import { Exit, exitCodeOf, Failure } from './exit.js';
import { defineInspect } from './inspect.js';
import { defineListen } from './listen.js';
import { defineLs } from './ls.js';
import { guardOutput, report } from './output.js';
import { defineRequest } from './request.js';
import { defineSend } from './send.js';
import { defineServe } from './serve.js';

const EXIT_CODES = `
Exit codes: 0 done; 1 failed; 2 wrong usage; 3 there is no such service.
Names: com.example.echo is a name of the machine, /run/echo.sock (anything that begins with a slash) a socket file.`;

const COMMANDS = [defineServe, defineSend, defineRequest, defineListen, defineLs, defineInspect, defineBench, defineDoctor];

/** Runs one command line, without the program's own name. Resolves with the exit code; never rejects. */
export async function run(args: readonly string[]): Promise<number> {
  guardOutput();
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
    return Exit.DONE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.DONE : Exit.USAGE;
    if (!(error instanceof Failure && error.isReported)) report(error);
    return exitCodeOf(error);
  }
}

function makeProgram(): Command {
  // Commands take over these settings when they are made, so the settings come first.
  const program = new Command('gips')
    .description('Messages between the processes of this machine, from the command line.')
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`gips: ${text.trimEnd().replace(/\s*\n\s*/g, ' ')}\n`) })
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_CODES);
  for (const define of COMMANDS) define(program);
  return program;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
