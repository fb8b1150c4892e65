/**
 * The clients of hot-restart.ts: `node hot-restart-client.js visitor|resident NAME`, `node hot-restart-client.js caller NAME PORT`.
 *
 * They talk until their standard input ends, check every answer, and fail when one is missing or they are not let in.
 */
import net from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from 'gips';

const VISIT_LENGTH = 5;
const PATIENCE = { timeout: 5000 };

const [role = '', name = '', port = ''] = process.argv.slice(2);
/** The processes that have answered. */
const servers = new Set<string>();
let exchanges = 0;
let visits = 0;
let isOver = false;
process.stdin.resume().once('end', () => (isOver = true));

if (role === 'caller') await call(Number(port));
else while (!isOver) await visit(role === 'visitor' ? VISIT_LENGTH : Infinity);

const summary = `${exchanges} questions, each answered once and in order, by processes ${[...servers].join(', ')}`;
console.log(`${role} ${process.pid}: ${role === 'caller' ? 'one connection' : `${visits} connections`}, ${summary}`);

/** Connects, asks, and leaves: after so many questions, or when the server asks it to come again. */
async function visit(length: number): Promise<void> {
  const endpoint = await Endpoint.connect(name, PATIENCE);
  visits += 1;
  let isWanted = true;
  for (let count = 0; count < length && isWanted && !isOver; count += 1) {
    const question = String((exchanges += 1));
    await endpoint.send(question, PATIENCE);
    let answer = (await endpoint.recv(PATIENCE)).text();
    if (answer === 'please come again') {
      isWanted = false;
      answer = (await endpoint.recv(PATIENCE)).text();
    }
    await expectAnswer(answer, question);
    await sleep(1);
  }
  await endpoint.close();
}

/** One TCP connection for all questions, each of which is sent in two parts; the server numbers its answers. */
async function call(port: number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  while (!isOver) {
    const question = String((exchanges += 1));
    socket.write(`${question} is`);
    await sleep(1);
    socket.write(' the question\n');
    const line = await lines.next();
    if (line.done === true) throw new Error(`the connection has ended instead of answering question ${question}`);
    await expectAnswer(line.value, `${question} ${question} is the question`);
  }
  socket.destroy();
}

async function expectAnswer(answer: string, expected: string): Promise<void> {
  const server = answer.slice(answer.lastIndexOf(' ') + 1);
  if (answer !== `${expected} ${server}`) throw new Error(`asked "${expected}", and the answer was "${answer}"`);
  if (servers.has(server)) return;
  servers.add(server);
  const news = await Endpoint.connect(`${name}.news`, PATIENCE);
  await news.send(JSON.stringify({ client: process.pid, met: Number(server) }));
  await news.close();
}
