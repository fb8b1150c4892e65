/** A ring's layout, for those who look into one: docs/ring.md. */
export const CAPACITY = 4096;
export const HEADER = 8;
/** What is kept for the last packet. */
export const RESERVE = 24;
/** The largest packet that goes through a ring of `CAPACITY`. */
export const LARGEST = CAPACITY / 2 - HEADER - RESERVE;

/** The sizes of packets that fill it, but for the reserve. */
export const FULL = [LARGEST, LARGEST, RESERVE - HEADER];

export const WRITTEN = 0;
export const READ = 1;
export const WAITS_FOR_DATA = 2;
export const WAITS_FOR_ROOM = 3;

export function recordSize(packet: number): number {
  return HEADER + Math.ceil(packet / 8) * 8;
}

/** Bytes that no other number gives. */
export function packetOf(size: number, number: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => number * 131 + i));
}

export function header(kind: number, size: number): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32LE(size, 0);
  bytes.writeUInt32LE(kind, 4);
  return bytes;
}
