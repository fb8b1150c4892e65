/** Acceptors that found no descriptor left, and are told as soon as this library gives one back. */

const waiting = new Set<() => void>();

export function onDescriptorFreed(callback: () => void): void {
  waiting.add(callback);
}

export function forgetDescriptorFreed(callback: () => void): void {
  waiting.delete(callback);
}

export function descriptorFreed(): void {
  // A callback that finds nothing waits anew, for the next time.
  for (const callback of [...waiting]) callback();
}
