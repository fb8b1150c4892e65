/** `gips bench`: how fast requests to a service are answered. */
import { Buffer } from 'node:buffer';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Command } from 'commander';
import { addClientOptions, connect, integer, parseName, parseSeconds, type ClientOptions } from './arguments.js';
import { ending } from './ending.js';
import { write, writeJson } from './output.js';

interface BenchOptions extends ClientOptions {
  size: number;
  time: number;
  concurrency: number;
  ring?: boolean;
  json?: boolean;
}

type Ask = () => Promise<void>;

const MAX_SIZE = 64 * 1024 * 1024;
/** Until the engine has compiled what it is going to run. */
const WARM_UP = 0.1;
const PERCENTILES = [50, 90, 99, 99.9] as const;

const HELP = `
Measures against a service that answers, such as "gips serve com.example.echo --echo", with so many requests under way at a time: with 1 the
latency is that of a round trip, with more the throughput grows and every request waits for the others.

Examples:
  gips bench com.example.echo
  gips bench com.example.echo --size 4096 --concurrency 64 --ring --time 10`;

export function defineBench(program: Command): void {
  const command = program
    .command('bench')
    .description('measure round trips to a running service')
    .argument('<name>', 'name of the service', parseName)
    .option('--size <bytes>', 'size of a request', integer(0, MAX_SIZE), 64)
    .option('--time <seconds>', 'how long to measure', parseSeconds, 3)
    .option('--concurrency <n>', 'requests under way at a time', integer(1, 65_536), 1)
    .option('--ring', 'through a ring in shared memory')
    .option('--json', 'print a line of JSON');
  addClientOptions(command).addHelpText('after', HELP).action(bench);
}

async function bench(name: string, options: BenchOptions): Promise<void> {
  const { size, time, concurrency } = options;
  const endpoint = await connect(name, options, { ring: options.ring ?? false });
  const signal = ending();
  const payload = Buffer.alloc(size, 'gips');
  const ask: Ask = async () => {
    const answer = await endpoint.request(payload, { timeout: options.timeout });
    for (const object of answer.objects) object.close();
  };
  try {
    await measure(ask, time * WARM_UP, concurrency, createHistogram(), signal);
    const histogram = createHistogram();
    const seconds = await measure(ask, time, concurrency, histogram, signal);
    await print(histogram, seconds, options);
  } finally {
    await endpoint.close();
  }
}

/** @returns how many seconds it took */
async function measure(
  ask: Ask,
  seconds: number,
  concurrency: number,
  histogram: RecordableHistogram,
  signal: AbortSignal,
): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000;
  const worker = async (): Promise<void> => {
    do {
      const before = process.hrtime.bigint();
      await ask();
      histogram.record(process.hrtime.bigint() - before);
    } while (performance.now() < end && !signal.aborted);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (performance.now() - start) / 1000;
}

async function print(
  histogram: RecordableHistogram,
  seconds: number,
  { size, concurrency, ring = false, json }: BenchOptions,
): Promise<void> {
  const { count, min, max, mean } = histogram;
  const micros = (ns: number): number => Math.round(ns / 10) / 100;
  const latency: Record<string, number> = { min: micros(min), mean: micros(mean) };
  for (const p of PERCENTILES) latency[`p${p}`] = micros(histogram.percentile(p));
  latency['max'] = micros(max);
  const perSecond = Math.round(count / seconds);
  // Once there, once back.
  const bytesPerSecond = Math.round((2 * size * count) / seconds);
  if (json === true) {
    await writeJson({ size, concurrency, ring, seconds, requests: count, perSecond, bytesPerSecond, latencyMicros: latency });
    return;
  }
  const lines = Object.entries(latency).map(([what, value]) => `  ${what.padEnd(6)} ${value.toFixed(1)} µs\n`);
  const setting = `${count} requests of ${size} bytes in ${seconds.toFixed(1)} s, ${concurrency} at a time${ring ? ', by ring' : ''}`;
  await write(
    `${setting}\n${perSecond} per second, ${(bytesPerSecond / 2 ** 20).toFixed(1)} MiB/s there and back\nlatency\n${lines.join('')}`,
  );
}
