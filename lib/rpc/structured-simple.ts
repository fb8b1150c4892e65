/** Structured values that need no V8: it takes 3 µs to begin and end with one, and most arguments are numbers and short strings. V8 reads what is written here. */
import { serialize } from 'node:v8';

/** What `readSimple` returns for all other values. */
export const NOT_SIMPLE = Symbol('not simple');

const VERSION = serialize(null)[1] ?? 0;
const MAX_TEXT = 127;
const LATIN1 = /^[\0-\xff]*$/;

const NULL = 0x30;
const TRUE = 0x54;
const FALSE = 0x46;
const INTEGER = 0x49;
const DOUBLE = 0x4e;
const TEXT = 0x22;

export function writeSimple(value: unknown): Buffer | undefined {
  switch (typeof value) {
    case 'boolean':
      return Buffer.of(0xff, VERSION, value ? TRUE : FALSE);
    case 'number':
      return isSmall(value) ? integer(value) : double(value);
    case 'string':
      return value.length <= MAX_TEXT && LATIN1.test(value) ? text(value) : undefined;
    case 'object':
      return value === null ? Buffer.of(0xff, VERSION, NULL) : undefined;
    default:
      return undefined;
  }
}

/** Everything that is not exactly what `writeSimple` writes is left to V8. */
export function readSimple(payload: Buffer): unknown {
  const { length } = payload;
  if (payload[0] !== 0xff || payload[1] !== VERSION) return NOT_SIMPLE;
  switch (payload[2]) {
    case NULL:
      return length === 3 ? null : NOT_SIMPLE;
    case TRUE:
      return length === 3 ? true : NOT_SIMPLE;
    case FALSE:
      return length === 3 ? false : NOT_SIMPLE;
    case INTEGER:
      return integerIn(payload);
    case DOUBLE:
      return length === 11 ? payload.readDoubleLE(3) : NOT_SIMPLE;
    case TEXT:
      return length >= 4 && payload[3] === length - 4 && length - 4 <= MAX_TEXT ? payload.toString('latin1', 4) : NOT_SIMPLE;
    default:
      return NOT_SIMPLE;
  }
}

/** Fits into 31 bits with its sign, and is not -0. */
function isSmall(value: number): boolean {
  return Object.is(value, value | 0) && value >= -(2 ** 30) && value < 2 ** 30;
}

/** The sign goes into the lowest bit; 7 bits a byte, the lowest first. */
function integer(value: number): Buffer {
  const bytes = [0xff, VERSION, INTEGER];
  let rest = (value << 1) ^ (value >> 31);
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function integerIn(payload: Buffer): unknown {
  let bits = 0;
  const last = payload.length - 1;
  if (last < 3 || last > 7) return NOT_SIMPLE;
  for (let i = 3; i <= last; i++) {
    const byte = payload[i] ?? 0;
    if (byte > 127 === (i === last)) return NOT_SIMPLE;
    bits |= (byte & 127) << (7 * (i - 3));
  }
  return (bits >>> 1) ^ -(bits & 1);
}

function double(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(11);
  bytes.set([0xff, VERSION, DOUBLE]);
  bytes.writeDoubleLE(value, 3);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.allocUnsafe(4 + value.length);
  bytes.set([0xff, VERSION, TEXT, value.length]);
  bytes.write(value, 4, 'latin1');
  return bytes;
}
