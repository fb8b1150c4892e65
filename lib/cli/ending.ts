/** What ends a command that would go on for ever. */
import { onBrokenOutput } from './output.js';

/** Aborts at the first SIGINT or SIGTERM, or when nobody reads our output any more. The next signal has its usual effect: the end, at once. */
export function ending(): AbortSignal {
  const controller = new AbortController();
  const end = (): void => {
    process.off('SIGINT', end).off('SIGTERM', end);
    controller.abort();
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  onBrokenOutput(end);
  return controller.signal;
}

/** Resolves at the end. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Resolves after `ms`, or at the end if that is sooner. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
