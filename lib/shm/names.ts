/** Names of regions. */
import { toUSVString } from 'node:util';
import { invalidArgValue } from '../errors.js';
import { validateString } from '../validate.js';

const MAX_NAME_BYTES = 30;

/** The name without its optional slash, as the system keeps it. */
export function validateRegionName(value: unknown): string {
  const given = validateString(value, 'name');
  const name = given.startsWith('/') ? given.slice(1) : given;
  const size = Buffer.byteLength(name);
  if (size === 0 || size > MAX_NAME_BYTES) throw invalidArgValue('name', given, `must have 1 to ${MAX_NAME_BYTES} bytes of UTF-8`);
  if (name.includes('/')) throw invalidArgValue('name', given, 'must not contain a slash but at its beginning');
  if (name.includes('\0')) throw invalidArgValue('name', given, 'must not contain a NUL');
  if (toUSVString(name) !== name) throw invalidArgValue('name', given, 'must not contain half a surrogate pair');
  if (name === '.' || name === '..') throw invalidArgValue('name', given, 'must not be that of a folder');
  return name;
}
