/** Service names, and the socket addresses they stand for. */
import { toUSVString } from 'node:util';
import { GipsError, invalidArgValue, unsupportedError } from '../errors.js';
import { validateString } from '../validate.js';

/** The longest name, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 100;

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

/** What names stand for on a platform. */
interface Namespace {
  /** The address, as the addon wants it. */
  resolve(name: string): string;
  /** The inverse. */
  nameOf(address: string): string;
  /** The path of a name's socket file, if it has one. */
  fileOf(name: string): string | undefined;
  /** Whether what listens on a name can be handed to other processes. */
  readonly canShare: boolean;
}

/** A name that starts with `/` is a socket file, any other an abstract name: `sun_path` begins with a NUL (unix(7)). */
const SOCKETS: Namespace = {
  resolve: (name) => (name.startsWith('/') ? name : `\0${name}`),
  nameOf: (address) => address.replace(/^\0/, ''),
  fileOf: (name) => (name.startsWith('/') ? name : undefined),
  canShare: true,
};

/** Not the other spelling, with a dot: slashes and dots in the name are resolved there as in paths of files, so that it could lead anywhere. */
const PIPES = '\\\\?\\pipe\\';

/** A name of the pipe namespace, in which large and small letters are the same. */
const NAMED_PIPES: Namespace = {
  resolve(name) {
    if (name.startsWith('/')) {
      throw unsupportedError(`"${name}" names a socket file, which Windows has none of; use a name that does not start with a slash`);
    }
    if (name.includes('\\')) throw invalidArgValue('name', name, 'must not contain a backslash on Windows');
    return PIPES + name;
  },
  nameOf: (address) => address.slice(PIPES.length),
  fileOf: () => undefined,
  canShare: false,
};

const namespace = process.platform === 'win32' ? NAMED_PIPES : SOCKETS;

/**
 * The address a name stands for, as the addon wants it.
 * @throws GipsError `ERR_GIPS_UNSUPPORTED`, TypeError `ERR_INVALID_ARG_VALUE` for a name that this platform has no address for
 */
export function resolveAddress(name: string): Uint8Array {
  return Buffer.from(namespace.resolve(name));
}

/**
 * Nothing, where what listens on a name can be handed to other processes.
 * @throws GipsError `ERR_GIPS_UNSUPPORTED` elsewhere
 */
export function requireSharing(attempted: string): void {
  if (!namespace.canShare) {
    throw unsupportedError(
      `${attempted}: Windows has no listening handles that processes share; have one process listen, and pass on what it gets`,
    );
  }
}

/** The path of a name's socket file, if it has one. */
export function fileOf(name: string): string | undefined {
  return namespace.fileOf(name);
}

/** The service name an address stands for: the inverse of `resolveAddress`. */
export function nameOf(address: Uint8Array): string {
  return namespace.nameOf(Buffer.from(address.buffer, address.byteOffset, address.byteLength).toString());
}
