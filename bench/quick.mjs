/** `npm run bench`: a first look at the cost of a message, beside node:net in the same run. Two processes; medians; the peers take turns. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Shm } from 'gips';
import { peers } from './peers.mjs';

const REPETITIONS = 5;
const MIB = 1024 * 1024;
const WORKLOADS = [
  { workload: 'round trip', size: 64, count: 5_000 },
  { workload: 'round trip', size: 4_096, count: 5_000 },
  { workload: 'one way', size: 64, count: 200_000 },
  { workload: 'one way', size: 1_024, count: 100_000 },
  { workload: 'one way', size: 65_536, count: 5_000 },
  { workload: 'one way', size: MIB, count: 200 },
  { workload: 'one way', size: 64 * MIB, count: 10 },
  { workload: 'region', size: 64 * MIB, count: 50 },
];

async function measure(peer, { workload, size, count }) {
  const name = `gips-bench-${process.pid}-${performance.now().toFixed(0)}`;
  const server = fork(new URL('./server.mjs', import.meta.url), [peer, name, workload, String(count)]);
  await once(server, 'message');
  const channel = await peers[peer].connect(name);
  const payload = Buffer.alloc(size, 1);
  const run = workload === 'round trip' ? roundTrips : workload === 'region' && channel.share !== undefined ? regions : oneWay;
  await run(channel, payload, count); // warm-up
  const start = performance.now();
  await run(channel, payload, count);
  const elapsed = performance.now() - start;
  server.disconnect();
  await once(server, 'exit');
  return (elapsed * 1_000) / count;
}

function roundTrips(channel, payload, count) {
  return new Promise((resolve) => {
    let left = count;
    channel.onMessage = () => {
      left -= 1;
      if (left === 0) resolve();
      else channel.send(payload);
    };
    channel.send(payload);
  });
}

async function oneWay(channel, payload, count) {
  const done = new Promise((resolve) => (channel.onMessage = resolve));
  for (let sent = 0; sent < count; sent += 1) await channel.send(payload);
  await done;
}

/** The same memory again and again, each time mapped and looked at by the other side. Who cannot share sends the bytes. */
async function regions(channel, payload, count) {
  const region = Shm.create(null, payload.length);
  region.write(payload);
  const done = new Promise((resolve) => (channel.onMessage = resolve));
  for (let sent = 0; sent < count; sent += 1) await channel.share(region);
  await done;
  region.close();
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

console.log('workload     bytes   gips µs   node:net µs   node:net / gips');
for (const row of WORKLOADS) {
  const times = { gips: [], 'node:net': [] };
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    for (const peer of Object.keys(times)) times[peer].push(await measure(peer, row));
  }
  const ours = median(times.gips);
  const theirs = median(times['node:net']);
  const cells = [row.workload.padEnd(10), String(row.size).padStart(7), ours.toFixed(2).padStart(9), theirs.toFixed(2).padStart(13)];
  console.log(`${cells.join(' ')} ${(theirs / ours).toFixed(2).padStart(17)}`);
}
process.exit();
