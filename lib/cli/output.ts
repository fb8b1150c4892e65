/** What is written: data to standard output, all else to standard error. */

let isBroken = false;
const whenBroken: (() => void)[] = [];

/** A reader of our output that has seen enough (`| head -1`) is no failure. */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      report(error);
      process.exitCode = 1;
    }
    isBroken = true;
    for (const tell of whenBroken) tell();
  });
  process.stderr.on('error', () => {});
}

/** Calls back once nobody reads our output any more. */
export function onBrokenOutput(tell: () => void): void {
  if (isBroken) tell();
  else whenBroken.push(tell);
}

/** Resolves when the bytes are written, or nobody is there to read them. */
export function write(data: string | Uint8Array): Promise<void> {
  if (isBroken) return Promise.resolve();
  return new Promise((resolve) => process.stdout.write(data, () => resolve()));
}

export function writeJson(value: unknown): Promise<void> {
  return write(`${JSON.stringify(value)}\n`);
}

/** For people, who need not see it. */
export function note(text: string): void {
  process.stderr.write(`gips: ${printable(text)}\n`);
}

/** An error in one line, its code first and without its stack. */
export function report(error: unknown): void {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error && !message.includes(error.cause.message) ? error.cause : undefined;
  const text = cause === undefined ? message : `${message} (${cause.message})`;
  note((code === undefined ? text : `${code}: ${text}`).replace(/\s*\n\s*/g, ' '));
}

export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Text of others without what a terminal would take for a command. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what it is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** As `printable`, and in one line. */
export function inLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, ' ');
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(inLine));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  return clean
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
