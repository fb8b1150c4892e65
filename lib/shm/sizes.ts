/** How large a region may be. */
import { constants as bufferConstants } from 'node:buffer';
import { freemem } from 'node:os';
import { systemError } from '../errors.js';
import { errnoOf } from '../native/index.js';
import { validateInteger, validateObject } from '../validate.js';

/** The longest `Uint8Array` there can be, which `bytes` has to be. */
export const MAX_SIZE = bufferConstants.MAX_LENGTH;

/** The bytes of a new region: so many now, and so many that are reserved for it to grow. */
export interface ShmSize {
  /** Bytes that are usable at once: from 1. */
  size: number;
  /** Bytes to reserve: from `size`. `resize` goes up to here. */
  maxSize: number;
}

export function validateSize(value: unknown): ShmSize {
  if (typeof value !== 'object' || value === null) {
    const size = validateInteger(value, 'size', 1, MAX_SIZE);
    return { size, maxSize: size };
  }
  const { size: now, maxSize: later } = validateObject(value, 'size');
  const size = validateInteger(now, 'size.size', 1, MAX_SIZE);
  return { size, maxSize: later === undefined ? size : validateInteger(later, 'size.maxSize', size, MAX_SIZE) };
}

/**
 * Reserving more memory than there is would not fail: the system would kill a process to find some, most likely this one.
 * @throws GipsError `EAGAIN`
 */
export function checkMemory(size: number, attempted: string): void {
  // 0 or a huge number: there is no limit to this group of processes.
  const constrained = process.constrainedMemory();
  const available = constrained > 0 ? Math.min(freemem(), constrained) : freemem();
  if (size > available) throw systemError(errnoOf('ENOMEM'), 'fallocate', attempted);
}
