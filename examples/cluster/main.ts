/**
 * A service on all cores, and a worker that dies is replaced: `npm run example:cluster`.
 *
 * The process you start owns the name and accepts nobody itself. It hands the listening handle to workers (worker.ts), who accept side by side: the system gives each client to one of
 * them. A crowd of clients (crowd.ts) asks as fast as it gets answers, first one worker, then one per core, then again while one of them is killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Listener } from 'gips';

/** What a crowd has seen. */
interface Report {
  answers: number;
  perSecond: number;
  /** How many answers each process has given. */
  workers: Record<string, number>;
  reconnects: number;
}

const CORES = Math.max(2, availableParallelism());
const MEASURED_MS = 1500;
const KILLED_AFTER_MS = 500;

const name = `com.example.cluster.${process.pid}`;
const workers = new Set<ChildProcess>();
/** Workers that serve, and those who wait for one to. */
const serving = new Set<number>();
let onServing = (): void => undefined;
let isOver = false;

// Bound and not consumed: this process accepts nobody.
const listener = Listener.bindSync(name);
const handle = listener.share();
const control = await Listener.bind(`${name}.control`);
control.serve(({ message, credentials }) => {
  if (message.text() === 'the handle, please') return { payload: name, objects: [handle] };
  serving.add(credentials.pid);
  onServing();
  return undefined;
});

await startWorkers(1);
const alone = report(await crowd());
await startWorkers(CORES - 1);
const together = report(await crowd());
console.log(`main: ${CORES} workers answer ${(together.perSecond / alone.perSecond).toFixed(1)} times as many requests as one`);

const [victim] = workers;
const bereft = report(await crowd(() => setTimeout(() => victim?.kill('SIGKILL'), KILLED_AFTER_MS)));
await startWorkers(0);
console.log(
  `main: worker ${victim?.pid} was killed and replaced; ${bereft.reconnects} clients connected again, and every request was answered`,
);

isOver = true;
for (const worker of workers) worker.stdin?.end();
await Promise.all([...workers].map((worker) => once(worker, 'exit')));
handle.close();
await Promise.all([control.close(), listener.close()]);

/** Resolves when all workers there are serve. */
async function startWorkers(count: number): Promise<void> {
  for (let started = 0; started < count; started += 1) startWorker();
  while (serving.size < workers.size) await new Promise<void>((resolve) => (onServing = resolve));
}

function startWorker(): void {
  const worker = start('worker');
  workers.add(worker);
  worker.once('exit', (code, signal) => {
    workers.delete(worker);
    serving.delete(worker.pid ?? 0);
    if (isOver) return;
    console.log(`main: worker ${worker.pid} has ended with ${signal ?? String(code)}`);
    if (signal === null) throw new Error('a worker has failed'); // Another one would do no better.
    startWorker();
  });
}

/** Has many clients ask for a while. */
async function crowd(onAsking: () => void = () => undefined): Promise<Report> {
  const child = start('crowd', String(MEASURED_MS));
  if (child.stdout === null) throw new Error('its output is a pipe');
  const exit = once(child, 'exit');
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'everybody asks') onAsking();
    last = line;
  }
  const [code, signal] = (await exit) as [number | null, string | null];
  if (code !== 0) throw new Error(`the crowd has ended with ${signal ?? String(code)}`);
  return JSON.parse(last) as Report;
}

function report(seen: Report): Report {
  const shares = Object.entries(seen.workers).map(([pid, answers]) => `${pid}: ${answers}`);
  console.log(`crowd: ${seen.answers} answers, ${Math.round(seen.perSecond)} a second, by ${shares.length} workers (${shares.join(', ')})`);
  return seen;
}

/** It ends when its standard input does, so it does not outlive this process. */
function start(program: string, ...args: string[]): ChildProcess {
  const file = fileURLToPath(new URL(`${program}.js`, import.meta.url));
  return spawn(process.execPath, [file, name, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}
