/** The payloads of HELLO, WELCOME and REFUSED, as docs/wire-protocol.md lays them out. */
import { MAX_NAME_BYTES } from './names.js';

const MAGIC = Buffer.from('gips\r\n\x1a\n', 'latin1');
const VERSION_OFFSET = 8;
const NAME_LENGTH_OFFSET = 10;
const FEATURES_OFFSET = 12;
const WINDOW_OFFSET = 16;
const MAX_MESSAGE_OFFSET = 20;
const HELLO_SIZE = 24;
const WELCOME_SIZE = 16;

/** The version of the protocol this library speaks. */
export const PROTOCOL_VERSION = 1;

/** Why a client was refused: all it is told. */
export const Reason = { POLICY: 1, TOO_MANY_CONNECTIONS: 2, NO_COMMON_VERSION: 3 } as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

/** What each side tells the other about what it takes. */
interface Limits {
  /** Feature bits: offered in a HELLO, in force in a WELCOME. */
  features: number;
  /** Bytes the other side may have outstanding. */
  window: number;
  /** The largest message accepted, in bytes. */
  maxMessageSize: number;
}

/** What a client says first. */
export interface Hello extends Limits {
  lowestVersion: number;
  highestVersion: number;
  /** The service it wanted. */
  name: string;
}

/** What a server answers to a client it admits. */
export interface Welcome extends Limits {
  version: number;
}

export function encodeHello(hello: Hello): Buffer {
  const name = Buffer.from(hello.name);
  const bytes = Buffer.alloc(HELLO_SIZE + name.length);
  MAGIC.copy(bytes);
  bytes.writeUInt8(hello.lowestVersion, VERSION_OFFSET);
  bytes.writeUInt8(hello.highestVersion, VERSION_OFFSET + 1);
  bytes.writeUInt16LE(name.length, NAME_LENGTH_OFFSET);
  bytes.writeUInt32LE(hello.features, FEATURES_OFFSET);
  bytes.writeUInt32LE(hello.window, WINDOW_OFFSET);
  bytes.writeUInt32LE(hello.maxMessageSize, MAX_MESSAGE_OFFSET);
  name.copy(bytes, HELLO_SIZE);
  return bytes;
}

/** `undefined` for anything that is not exactly a HELLO. Whether there is a common version is for the caller to say. */
export function decodeHello(bytes: Buffer): Hello | undefined {
  if (bytes.length < HELLO_SIZE || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const nameLength = bytes.readUInt16LE(NAME_LENGTH_OFFSET);
  if (nameLength < 1 || nameLength > MAX_NAME_BYTES || bytes.length !== HELLO_SIZE + nameLength) return undefined;
  const name = decodeName(bytes.subarray(HELLO_SIZE));
  const hello = {
    lowestVersion: bytes.readUInt8(VERSION_OFFSET),
    highestVersion: bytes.readUInt8(VERSION_OFFSET + 1),
    features: bytes.readUInt32LE(FEATURES_OFFSET),
    window: bytes.readUInt32LE(WINDOW_OFFSET),
    maxMessageSize: bytes.readUInt32LE(MAX_MESSAGE_OFFSET),
  };
  if (name === undefined || hello.window === 0 || hello.maxMessageSize === 0) return undefined;
  return { ...hello, name };
}

function decodeName(bytes: Buffer): string | undefined {
  const name = bytes.toString('utf8');
  return !name.includes('\0') && Buffer.from(name).equals(bytes) ? name : undefined;
}

export function encodeWelcome(welcome: Welcome): Buffer {
  const bytes = Buffer.alloc(WELCOME_SIZE);
  bytes.writeUInt8(welcome.version, 0);
  bytes.writeUInt32LE(welcome.features, 4);
  bytes.writeUInt32LE(welcome.window, 8);
  bytes.writeUInt32LE(welcome.maxMessageSize, 12);
  return bytes;
}

/** `undefined` for anything that is not exactly a WELCOME to a client that offered version 1 and these features. */
export function decodeWelcome(bytes: Buffer, offered: number): Welcome | undefined {
  if (bytes.length !== WELCOME_SIZE || bytes.readUIntLE(1, 3) !== 0) return undefined;
  const welcome = {
    version: bytes.readUInt8(0),
    features: bytes.readUInt32LE(4),
    window: bytes.readUInt32LE(8),
    maxMessageSize: bytes.readUInt32LE(12),
  };
  if (welcome.version !== PROTOCOL_VERSION || (welcome.features & ~offered) !== 0) return undefined;
  return welcome.window > 0 && welcome.maxMessageSize > 0 ? welcome : undefined;
}

export function encodeRefused(reason: Reason): Buffer {
  return Buffer.of(reason);
}

/** `undefined` for anything that is not exactly a REFUSED with a known reason. */
export function decodeRefused(bytes: Buffer): Reason | undefined {
  return bytes.length === 1 ? Object.values(Reason).find((reason) => reason === bytes[0]) : undefined;
}
