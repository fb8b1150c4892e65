/**
 * Many clients in one process: `node crowd.js NAME MS`. Each asks again as soon as it has its answer. They connect one after the other, so that workers who have nothing to do
 * get the next one; a worker's death costs them a connection, and no answer: the requests are idempotent. Prints a line when all are there, and what they have seen since then, as JSON.
 */
import { ReconnectingEndpoint } from 'gips';

const CLIENTS = 32;

const [name = '', ms = ''] = process.argv.slice(2);
process.stdin.resume().once('end', () => process.exit(1));

let workers: Record<string, number> = {};
const clients: ReconnectingEndpoint[] = [];
const asking: Promise<void>[] = [];
let answers = 0;
let isOver = false;

while (clients.length < CLIENTS) {
  const client = await ReconnectingEndpoint.connect(name, { backoff: { initial: 1 } });
  asking.push(ask(client, clients.push(client)));
}
console.log('everybody asks');
answers = 0;
workers = {};
const since = performance.now();
setTimeout(() => (isOver = true), Number(ms));
await Promise.all(asking);
const seconds = (performance.now() - since) / 1000;
const reconnects = clients.reduce((sum, { stats }) => sum + stats.reconnects, 0);
await Promise.all(clients.map((client) => client.close()));
console.log(JSON.stringify({ answers, perSecond: answers / seconds, workers, reconnects }));
process.stdin.destroy();

async function ask(client: ReconnectingEndpoint, number: number): Promise<void> {
  for (let count = 0; !isOver; count += 1) {
    const question = `${number}.${count}`;
    const [repeated, , worker = ''] = (await client.request(question, { idempotent: true, timeout: 10_000 })).text().split(' ');
    if (repeated !== question) throw new Error(`asked ${question}, and the answer was for ${repeated}`);
    workers[worker] = (workers[worker] ?? 0) + 1;
    answers += 1;
  }
}
