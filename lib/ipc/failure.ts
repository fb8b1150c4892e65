/** Why a request got no reply: what the failing side says of it, and what the asking side makes of that. */
import { GipsError, unsupportedError } from '../errors.js';
import type { Subject } from './endings.js';

/** The first byte of a FAILURE frame, see docs/wire-protocol.md. */
const FailureClass = { UNSERVED: 1, BUSY: 2, REMOTE: 3 } as const;

/** What of an error travels, in characters: the other side is told, not flooded. */
const MAX_NAME = 256;
const MAX_MESSAGE = 8192;

/** Nobody answers requests at this end. */
export const UNSERVED = encode(FailureClass.UNSERVED, 'nobody answers requests here');

/** It cannot be answered now. */
export function busy(reason: string): Uint8Array {
  return encode(FailureClass.BUSY, reason);
}

/** Its handler has failed: name, message and code, never a stack, which would tell of this side's files. */
export function remote(error: unknown): Uint8Array {
  return encode(FailureClass.REMOTE, JSON.stringify(describe(error)));
}

/** The error a request fails with for a FAILURE frame. */
export function failureOf(payload: Uint8Array, { what, address }: Subject): GipsError {
  const text = Buffer.from(payload.buffer, payload.byteOffset + 1, payload.length - 1).toString();
  switch (payload[0]) {
    case FailureClass.UNSERVED:
      return unsupportedError(`request to ${what}: ${text}; let the other side call serve(), or send a message`);
    case FailureClass.BUSY:
      return new GipsError(`request to ${what}: ${text}; nothing was done, try again later`, { code: 'EAGAIN', address });
    default: {
      const cause = revive(text);
      return new GipsError(`request to ${what}: its handler failed: ${cause.name}: ${cause.message}; see the cause`, {
        code: 'ERR_GIPS_REMOTE',
        address,
        cause,
      });
    }
  }
}

function encode(failureClass: number, text: string): Uint8Array {
  return Buffer.concat([Buffer.from([failureClass]), Buffer.from(text)]);
}

interface Description {
  name: string;
  message: string;
  code?: string | number | undefined;
}

/** Whatever was thrown, and whatever its properties do. */
function describe(error: unknown): Description {
  try {
    if (typeof error !== 'object' || error === null) return { name: 'Error', message: String(error).slice(0, MAX_MESSAGE) };
    const { name, message, code } = error as Partial<Record<keyof Description, unknown>>;
    return {
      name: typeof name === 'string' ? name.slice(0, MAX_NAME) : 'Error',
      message: typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : '',
      code: typeof code === 'string' ? code.slice(0, MAX_NAME) : typeof code === 'number' ? code : undefined,
    };
  } catch {
    return { name: 'Error', message: 'an error that cannot be read' };
  }
}

/** The error that the other side describes. What it sent is not to be trusted: other properties are left out. */
function revive(text: string): Error & { code?: string | number } {
  const description = parse(text);
  const error: Error & { code?: string | number } = new Error(textOf(description['message'], text));
  Object.defineProperty(error, 'name', { value: textOf(description['name'], 'Error'), configurable: true, writable: true });
  delete error.stack; // it would show where this side has made the error
  const { code } = description;
  if (typeof code === 'string' || typeof code === 'number') error.code = code;
  return error;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
