/** How a program speaks with the test that started it (test/support/processes.ts): one line of JSON for each event and each command. */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the test passed as `argument`. */
export const argument = JSON.parse(process.argv[2] ?? 'null');

/**
 * Reports an event. It has left the process when this returns: the program may block or be killed next.
 * @param {string} event
 * @param {unknown} [data]
 */
export function say(event, data = null) {
  writeSync(1, `${JSON.stringify([event, data])}\n`);
}

/**
 * Reports how a call ended: `say(event, { code, message })` for an error, `say(event, value)` else.
 * @param {string} event
 * @param {() => unknown} call
 */
export async function report(event, call) {
  try {
    say(event, await call());
  } catch (error) {
    say(event, { code: error.code, message: error.message });
  }
}

/** What the test tells, as `[command, data]`; ends when the test ends the input. */
export async function* commands() {
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line);
}

/** Becomes the user the test asked for. After the imports: that user may not be allowed to read this folder. */
export function becomeUser() {
  const user = process.env.GIPS_TEST_USER;
  if (user === undefined) return;
  process.setgroups(JSON.parse(process.env.GIPS_TEST_GROUPS ?? '[]'));
  process.setgid(65534);
  process.setuid(user);
}
