/** Packets as a peer may build them, rightly or wrongly: docs/wire-protocol.md. */
import { Kind } from '#lib/native/binding.js';

import type { Packet } from './core.js';

export const HEADER_SIZE = 16;
export const MAX_CORRELATION = 2 ** 53 - 1;
export const MAX_GRANT = 2 ** 40;
export const MAX_OBJECTS = 253;

const FIRST = 1;
const POOLED = 2;

interface FrameOptions {
  payload?: Uint8Array;
  flags?: number;
  objects?: number;
  correlation?: number | bigint;
  /** What the header says of the payload's length. */
  length?: number;
}

/** One frame, right or wrong. */
export function frame(kind: number, options: FrameOptions = {}): Buffer {
  const { payload = Buffer.alloc(0), flags = 0, objects = 0, correlation = 0, length = payload.length } = options;
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt8(kind, 0);
  header.writeUInt8(flags, 1);
  header.writeUInt16LE(objects, 2);
  header.writeUInt32LE(length, 4);
  header.writeBigUInt64LE(BigInt(correlation), 8);
  return Buffer.concat([header, payload]);
}

/** One packet of these frames; it comes with as many objects as the first of them says, unless told otherwise. */
export function packet(frames: Buffer | Buffer[], objects?: number): Packet {
  const bytes = Buffer.concat([frames].flat());
  return { bytes, objects: objects ?? bytes.readUInt16LE(2) };
}

interface FragmentOptions {
  kind?: number;
  total?: number;
  size?: number;
  correlation?: number;
  objects?: number;
  reserved?: number;
}

/** The first fragment of a large message, with `size` bytes of it. */
export function first({ kind = Kind.MESSAGE, total = 70_000, size = 100, reserved = 0, ...header }: FragmentOptions = {}): Packet {
  const payload = Buffer.alloc(8 + size);
  payload.writeUInt8(kind, 0);
  payload.writeUIntLE(reserved, 1, 3);
  payload.writeUInt32LE(total, 4);
  return packet(frame(Kind.FRAGMENT, { flags: FIRST, payload, ...header }));
}

/** A later fragment. */
export function more(size: number, header: FrameOptions = {}): Packet {
  return packet(frame(Kind.FRAGMENT, { payload: Buffer.alloc(size), ...header }));
}

/** Offers memory of so many slots; 0 withdraws it. */
export function pool(slots: number, slotSize = 70_000): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32LE(slotSize, 0);
  payload.writeUInt32LE(slots, 4);
  return frame(Kind.POOL, { objects: slots > 0 ? 1 : 0, payload });
}

/** A first fragment that lies in a slot. */
export function pooled(slot: number, size: number, total = 140_000, header: FragmentOptions = {}): Packet {
  const { bytes } = first({ ...header, total, size: 8 });
  bytes.writeUInt8(FIRST | POOLED, 1);
  bytes.writeUInt32LE(slot, HEADER_SIZE + 8);
  bytes.writeUInt32LE(size, HEADER_SIZE + 12);
  return packet(bytes);
}

/** A later fragment that lies in a slot. */
export function pooledMore(slot: number, size: number): Buffer {
  return frame(Kind.FRAGMENT, { flags: POOLED, payload: Buffer.from(pooled(slot, size).bytes.subarray(HEADER_SIZE + 8)) });
}

export const RingStep = { OFFER: 1, ACCEPT: 2, REFUSE: 3, BEGIN: 4 };

/** One step of setting up a ring; an offer has a capacity and comes with two objects. */
export function ring(step: number, capacity?: number | bigint, header: FrameOptions = {}): Buffer {
  if (capacity === undefined) return frame(Kind.RING, { correlation: step, ...header });
  const payload = Buffer.alloc(8);
  payload.writeBigUInt64LE(BigInt(capacity));
  return frame(Kind.RING, { correlation: step, objects: 2, payload, ...header });
}
