/** @type {() => string[]} */
const handles = (await import(process.platform === 'win32' ? '../environment/leaks-windows.mjs' : '../environment/leaks-linux.mjs'))
  .handles;

/** How many descriptors this process has open; on Windows, handles of the kinds that we open. */
export function openHandles() {
  return handles().length;
}
