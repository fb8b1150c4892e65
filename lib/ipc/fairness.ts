/** A loop of `await send()` runs in microtasks alone: without a break now and then, timers and other sockets would never get their turn. */
import { native } from '../native/index.js';

const MAX_BYTES = 65_536;
const MAX_MS = 1;
/** Reading the clock costs as much as a small send, so only every so many sends look at it. */
const CLOCK_INTERVAL = 16;

let turn = -1;
let bytes = 0;
let sends = 0;
let began = 0;
let pause: Promise<void> | undefined;

/** What a send of `size` bytes returns: resolved at once, or in the next turn of the loop when this one has sent enough. */
export function sent(size: number): Promise<void> {
  if (pause !== undefined) return pause;
  if (turn !== native.turn[0]) beginTurn();
  bytes += size;
  sends += 1;
  if (bytes >= MAX_BYTES || (sends % CLOCK_INTERVAL === 0 && isLong())) pause = new Promise(endTurn);
  return pause ?? Promise.resolve();
}

function beginTurn(): void {
  turn = native.turn[0] ?? 0;
  bytes = 0;
  sends = 0;
}

function isLong(): boolean {
  const now = performance.now();
  if (sends === CLOCK_INTERVAL) began = now;
  return now - began >= MAX_MS;
}

function endTurn(resolve: () => void): void {
  setImmediate(() => {
    pause = undefined;
    turn = -1;
    resolve();
  });
}
