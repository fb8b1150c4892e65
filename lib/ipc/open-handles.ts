/** Every open channel and listener of this environment: none is garbage-collected, and each says goodbye when the process exits. */

/** Something that stays until it is closed. */
export interface OpenHandle {
  /** The program is at its end: has the event loop finish what was begun without it. */
  linger(): void;
  /** The process exits: tries once, without waiting and without throwing, to leave in order. */
  leave(): void;
}

const handles = new Set<OpenHandle>();

export function keep(handle: OpenHandle): void {
  if (handles.size === 0) process.on('beforeExit', lingerAll).on('exit', leaveAll);
  handles.add(handle);
}

export function forget(handle: OpenHandle): void {
  handles.delete(handle);
  if (handles.size === 0) process.off('beforeExit', lingerAll).off('exit', leaveAll);
}

function lingerAll(): void {
  for (const handle of handles) handle.linger();
}

function leaveAll(): void {
  for (const handle of handles) handle.leave();
}
