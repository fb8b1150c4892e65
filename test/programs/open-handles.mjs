import * as linux from '../environment/leaks-linux.mjs';
import * as windows from '../environment/leaks-windows.mjs';

const { handles } = process.platform === 'win32' ? windows : linux;

/** How many descriptors this process has open; on Windows, handles of the kinds that we open. */
export function openHandles() {
  return handles().length;
}
