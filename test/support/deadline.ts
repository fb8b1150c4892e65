/** Waiting with an end: no test hangs, and one that waited in vain says for what. */
import { setTimeout as sleep } from 'node:timers/promises';

import { PATIENCE } from './platform.js';

export const DEADLINE_MS = 10_000;

/** `promise`, or an error that says what did not come. */
export async function within<T>(promise: Promise<T>, what: string, usualMs = DEADLINE_MS): Promise<T> {
  const ms = usualMs * PATIENCE;
  const giveUp = new AbortController();
  const deadline = sleep(ms, undefined, { signal: giveUp.signal }).then(
    () => Promise.reject(new Error(`waited ${ms} ms in vain for ${what}`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    giveUp.abort();
  }
}

/** Tries `check` again and again until it no longer throws; its last error is the test's if it always does. */
export async function eventually<T>(check: () => T | Promise<T>, ms = DEADLINE_MS): Promise<T> {
  const end = performance.now() + ms * PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(20);
    }
  }
}
