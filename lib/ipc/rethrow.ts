/** User code called from within: what it throws must not break the work in progress, and must not vanish either. */
import type { EventEmitter } from 'eventemitter3';

/** Makes `error` an uncaught exception, as if a subscriber called by the event loop itself had thrown it. */
export function rethrow(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** `emit` that survives throwing subscribers. True if there was a subscriber. */
export function emitSafely<Events extends EventEmitter.ValidEventTypes, Name extends EventEmitter.EventNames<Events>>(
  emitter: EventEmitter<Events>,
  name: Name,
  ...args: EventEmitter.EventArgs<Events, Name>
): boolean {
  try {
    return emitter.emit(name, ...args);
  } catch (error) {
    rethrow(error);
    return true;
  }
}
