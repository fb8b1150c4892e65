/** What stands in front of the bytes of every region, for all processes that have it. */
import type { NativeRegion } from '../native/index.js';

/**
 * A copy of a region's header as it was at that moment. Every process that has the region can write it: what it says is what the others are
 * told, not what this process relies on.
 */
export interface Header {
  /** Bytes usable now, behind the header: the `size` that a process which opens the region gets. */
  readonly capacity: number;
  /** Bytes it can grow to: its `maxSize`. The Rust crate `gips` counts the header into it. */
  readonly total: number;
  /** Reserved, 0. */
  readonly extension: number;
  /** Whether the header carries the mark of a valid one. */
  readonly isValid: boolean;
}

/** The header of an open region. */
export function readHeader(region: NativeRegion): Header {
  const [capacity = 0, total = 0, extension = 0, barrier = 1] = region.header();
  return { capacity, total, extension, isValid: barrier === 0 };
}
