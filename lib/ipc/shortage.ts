/** Acceptors that found no descriptor left, and are told as soon as this library gives one back. */

const waiting = new Set<() => void>();

export function onDescriptorFreed(callback: () => void): void {
  waiting.add(callback);
}

export function forgetDescriptorFreed(callback: () => void): void {
  waiting.delete(callback);
}

export function descriptorFreed(): void {
  for (const callback of waiting) callback();
}
