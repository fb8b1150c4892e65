/** What the two sides say first, as bare packets. */
import { encodeHello, encodeRefused, encodeWelcome, type Hello, type Reason, type Welcome } from '#lib/ipc/greeting.js';
import { Kind } from '#lib/native/binding.js';

import { frame } from '../core/packets.js';

const LIMITS = { features: 0, window: 1024 * 1024, maxMessageSize: 64 * 1024 * 1024 };

export function hello(name: string, change: Partial<Hello> = {}): Buffer {
  return frame(Kind.HELLO, { payload: encodeHello({ ...LIMITS, lowestVersion: 1, highestVersion: 1, name, ...change }) });
}

export function welcome(change: Partial<Welcome> = {}): Buffer {
  return frame(Kind.WELCOME, { payload: encodeWelcome({ ...LIMITS, version: 1, ...change }) });
}

export function refused(reason: number): Buffer {
  return frame(Kind.REFUSED, { payload: encodeRefused(reason as Reason) });
}

export function message(payload: string | Uint8Array = ''): Buffer {
  return frame(Kind.MESSAGE, { payload: Buffer.from(payload) });
}
