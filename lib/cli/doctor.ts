/** `gips doctor`: what this platform and kernel can do. */
import type { Command } from 'commander';
import { Failure } from './exit.js';
import { table, write, writeJson } from './output.js';
import { examine } from './probes.js';

const HELP = `
Everything is tried, nothing is concluded from version numbers. "ok" works, "warn" works with limits, "fail" means that gips cannot work here; the exit
code is 1 then.

Examples:
  gips doctor
  gips doctor --json | jq 'select(.state != "ok")'`;

export function defineDoctor(program: Command): void {
  program
    .command('doctor')
    .description('tell what this platform and kernel support')
    .option('--json', 'print a line of JSON for each finding')
    .addHelpText('after', HELP)
    .action(doctor);
}

async function doctor({ json = false }: { json?: boolean }): Promise<void> {
  const findings = await examine();
  if (json) for (const finding of findings) await writeJson(finding);
  else await write(table(findings.map(({ what, state, found, hint }) => [state, what, hint === null ? found : `${found}; ${hint}`])));
  if (findings.some(({ state }) => state === 'fail')) throw new Failure('ERR_DOCTOR', 'gips cannot work here', { isReported: true });
}
