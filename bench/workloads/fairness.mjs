/**
 * 100 clients of one server; one of them, in a process of its own, floods it with messages that are not answered. How much longer do the others wait?
 * They take turns with round trips; the flood and they share the core that the server does not have.
 */
import { control, isControl, textOf } from './bytes.mjs';

const OTHERS = 99;
/** The flood's messages are longer than those of the others: the server only counts them. */
export const FLOOD_SIZE = 128;
/** Messages of the flood, in the server's process. */
let flooded = 0;

/** @type {import('../types.js').Workload} */
export const fairness = {
  name: 'fairness',
  unit: 'times the median latency without the flood',
  pin: 'two',
  manyLinks: true,
  forms: ['callback'],
  rows: (quick) => [{ id: 'fairness', title: '99 clients beside one that floods', size: 64, repetitions: quick ? 1 : 5 }],
  serve(link) {
    link.onMessage((bytes) => {
      if (bytes.length === FLOOD_SIZE) flooded += 1;
      else void link.send(isControl(bytes) ? control(String(flooded), bytes) : bytes);
    });
  },
  async measure({ connect, payload, milliseconds, flood }) {
    const clients = [];
    for (let at = 0; at < OTHERS; at += 1) clients.push(asker(await connect(), payload));
    await medianLatency(clients, milliseconds);
    const quiet = await medianLatency(clients, milliseconds);
    const stop = await flood();
    await medianLatency(clients, milliseconds / 2);
    const counter = asker(await connect(), control('count', payload));
    const before = Number(textOf(await counter()));
    const beside = await medianLatency(clients, milliseconds);
    const rate = (Number(textOf(await counter())) - before) / milliseconds;
    await stop();
    return { value: beside / quiet, notes: { 'median without, µs': quiet, 'median with, µs': beside, 'flood, messages per ms': rate } };
  },
};

/** @param {import('../types.js').Link} link @param {import('../types.js').Bytes} payload @returns {() => Promise<import('../types.js').Bytes>} */
function asker(link, payload) {
  /** @type {(answer: import('../types.js').Bytes) => void} */
  let answered;
  link.onMessage((answer) => answered(answer));
  return () =>
    new Promise((resolve) => {
      answered = resolve;
      void link.send(payload);
    });
}

/** @param {(() => Promise<unknown>)[]} clients @param {number} milliseconds @returns {Promise<number>} µs */
async function medianLatency(clients, milliseconds) {
  const latencies = [];
  for (const end = performance.now() + milliseconds; performance.now() < end;) {
    for (const ask of clients) {
      const start = performance.now();
      await ask();
      latencies.push(performance.now() - start);
    }
  }
  latencies.sort((a, b) => a - b);
  return (latencies[latencies.length >> 1] ?? Number.NaN) * 1000;
}
