/** Service names, and the socket addresses they stand for. */
import { toUSVString } from 'node:util';
import { GipsError, invalidArgValue } from '../errors.js';
import { validateString } from '../validate.js';

/** The longest name, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 100;
const NUL = 0;

/** 1 to 100 bytes of UTF-8 without a NUL. `argument` is what a message calls it. */
export function validateName(value: unknown, argument = 'name'): string {
  const name = validateString(value, argument);
  if (name === '') throw invalidArgValue(argument, name, 'must not be empty');
  if (name.includes('\0')) throw invalidArgValue(argument, name, 'must not contain a NUL');
  if (toUSVString(name) !== name) throw invalidArgValue(argument, name, 'must not contain half a surrogate pair');
  const size = Buffer.byteLength(name);
  if (size > MAX_NAME_BYTES) {
    throw new GipsError(`the name of service "${name.slice(0, 40)}…" has ${size} bytes of UTF-8; use a name of at most ${MAX_NAME_BYTES}`, {
      code: 'ENAMETOOLONG',
      address: name,
    });
  }
  return name;
}

/** The bytes of `sun_path`: a name that starts with `/` is a socket file, any other an abstract name, which begins with a NUL. */
export function resolveAddress(name: string): Uint8Array {
  return Buffer.from(name.startsWith('/') ? name : `\0${name}`);
}

/** The path of a name's socket file, if it has one. */
export function fileOf(name: string): string | undefined {
  return name.startsWith('/') ? name : undefined;
}

/** The service name an address stands for: the inverse of `resolveAddress`. */
export function nameOf(address: Uint8Array): string {
  const bytes = Buffer.from(address.buffer, address.byteOffset, address.byteLength);
  return bytes.toString('utf8', bytes[0] === NUL ? 1 : 0);
}
