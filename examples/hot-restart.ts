/**
 * A server is replaced by a new process, twice, while clients come, talk and stay: `npm run example:hot-restart`.
 *
 * Nobody is refused and nothing is lost, or the command fails. The process you start runs the others: servers, one after the other, and
 * clients of two kinds, who connect by gips or by TCP. How a server follows another is in hot-restart-server.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Listener } from 'gips';

const RESTARTS = 2;
const VISITORS = 3;
const PATIENCE_MS = 20_000;

const name = `com.example.hot-restart.${process.pid}`;
const clients: ChildProcess[] = [];
/** Aborted when a process ends with a failure. */
const failed = new AbortController();

/** What the others tell this process. */
type News = { server: number; port: number } | { client: number; met: number };

/** For each server, the clients it has answered. */
const met = new Map<number, Set<number>>();
const ports = new Map<number, number>();
const news = await Listener.bind(`${name}.news`);

let server = await startServer('first');
for (let count = 0; count < VISITORS; count += 1) clients.push(start('hot-restart-client', 'visitor', name));
clients.push(start('hot-restart-client', 'resident', name));
clients.push(start('hot-restart-client', 'caller', name, String(ports.get(server.pid ?? 0))));
await everybodyHasMet(server);

for (let count = 0; count < RESTARTS; count += 1) {
  const old = server;
  server = await startServer('successor');
  await succeeded(old);
  await everybodyHasMet(server);
}

for (const client of clients) client.stdin?.end();
for (const client of clients) await succeeded(client);
server.stdin?.end();
await succeeded(server);
await news.close();
console.log(`main: ${RESTARTS} restarts, nobody was refused, nothing was lost`);

async function startServer(generation: string): Promise<ChildProcess> {
  const started = start('hot-restart-server', generation, name);
  while (!ports.has(started.pid ?? 0)) await listen();
  return started;
}

async function everybodyHasMet({ pid = 0 }: ChildProcess): Promise<void> {
  while (met.get(pid)?.size !== clients.length) await listen();
}

/** Takes one piece of news. */
async function listen(): Promise<void> {
  const { message } = await news.accept({ timeout: PATIENCE_MS, signal: failed.signal });
  const told = message.json<News>();
  if ('port' in told) ports.set(told.server, told.port);
  else met.set(told.met, (met.get(told.met) ?? new Set()).add(told.client));
}

/** They end when their standard input does, so none of them outlives this process. */
function start(program: string, ...args: string[]): ChildProcess {
  const file = fileURLToPath(new URL(`${program}.js`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.once('exit', (code, signal) => {
    if (code !== 0) failed.abort(new Error(`${program} ${args.join(' ')} ended with ${signal ?? String(code)}`));
  });
  return child;
}

/** Waits until it has ended, with success. */
async function succeeded(child: ChildProcess): Promise<void> {
  const signal = AbortSignal.any([failed.signal, AbortSignal.timeout(PATIENCE_MS)]);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal });
  failed.signal.throwIfAborted();
}
