/** How calls look in requests, see docs/typed-calls.md. Numbers are little-endian. */
import { GipsError } from '../errors.js';

export const VERSION = 1;

export const Operation = { CALL: 0, OPEN: 1, NEXT: 2, CLOSE: 3 } as const;

/** What the first byte of a batch says. */
export const Batch = { MORE: 0, LAST: 1 } as const;

/** Objects in one message: the most that Linux passes at once. */
export const MAX_OBJECTS = 253;

const MAX_NAME = 65_535;

export type Call =
  | { readonly operation: typeof Operation.CALL; readonly name: string; readonly size: number }
  | {
      readonly operation: typeof Operation.OPEN;
      readonly id: number;
      readonly credit: number;
      readonly name: string;
      readonly size: number;
    }
  | { readonly operation: typeof Operation.NEXT; readonly id: number; readonly credit: number }
  | { readonly operation: typeof Operation.CLOSE; readonly id: number };

/** In front of the arguments of a call. */
export function callHeader(name: string): Buffer {
  return withName([VERSION, Operation.CALL], name);
}

/** In front of the arguments of a call whose result is a stream. */
export function openHeader(id: number, credit: number, name: string): Buffer {
  return withName(stepHeader(Operation.OPEN, id, credit), name);
}

export function nextRequest(id: number, credit: number): Buffer {
  return stepHeader(Operation.NEXT, id, credit);
}

export function closeRequest(id: number): Buffer {
  return stepHeader(Operation.CLOSE, id);
}

/** @throws GipsError `EBADMSG`; `size` is that of what stands in front of the arguments */
export function parseCall(payload: Buffer): Call {
  if (payload[0] !== VERSION) throw malformed(`a request does not begin with the version, ${VERSION}`);
  switch (payload[1]) {
    case Operation.CALL:
      return { operation: Operation.CALL, ...nameAt(payload, 2) };
    case Operation.OPEN:
      return { operation: Operation.OPEN, id: idOf(payload), credit: creditOf(payload), ...nameAt(payload, 8) };
    case Operation.NEXT:
      return { operation: Operation.NEXT, id: idOf(payload), credit: creditOf(payload) };
    case Operation.CLOSE:
      return { operation: Operation.CLOSE, id: idOf(payload) };
    default:
      throw malformed(`there is no operation ${payload[1]}`);
  }
}

export function malformed(reason: string): GipsError {
  return new GipsError(`no typed call: ${reason}; check that both sides use expose() and proxy(), with the same codec`, {
    code: 'EBADMSG',
  });
}

function stepHeader(operation: number, id: number, credit?: number): Buffer {
  const header = Buffer.alloc(credit === undefined ? 6 : 8);
  header[0] = VERSION;
  header[1] = operation;
  header.writeUInt32LE(id, 2);
  if (credit !== undefined) header.writeUInt16LE(credit, 6);
  return header;
}

function withName(front: Uint8Array | readonly number[], name: string): Buffer {
  const size = Buffer.from([0, 0]);
  const bytes = Buffer.from(name);
  if (bytes.length > MAX_NAME) throw new RangeError(`the name of a method has at most ${MAX_NAME} bytes`);
  size.writeUInt16LE(bytes.length);
  return Buffer.concat([Buffer.from(front), size, bytes]);
}

function nameAt(payload: Buffer, offset: number): { name: string; size: number } {
  if (payload.length < offset + 2) throw malformed('a request ends too early');
  const size = offset + 2 + payload.readUInt16LE(offset);
  if (payload.length < size) throw malformed('a request ends too early');
  return { name: payload.toString('utf8', offset + 2, size), size };
}

function idOf(payload: Buffer): number {
  if (payload.length < 6) throw malformed('a request ends too early');
  return payload.readUInt32LE(2);
}

function creditOf(payload: Buffer): number {
  if (payload.length < 8) throw malformed('a request ends too early');
  return Math.max(1, payload.readUInt16LE(6));
}
