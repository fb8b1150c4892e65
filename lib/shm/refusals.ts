/** Why something is not taken for a region. */
import { GipsError } from '../errors.js';
import type { RegionRefusal } from '../native/index.js';

const REASONS: Readonly<Record<RegionRefusal, string>> = {
  type: 'it is no file in memory; make regions with Shm.create()',
  unsealed:
    'it is not sealed against shrinking, so that whoever else has it could make this process crash; ' +
    'if they are trusted not to, say { allowUnsealed: true }',
  'read-only': 'it cannot be written; a region is passed on with write access',
  size: 'it is smaller than its header says; it was truncated, or is something else',
  header: 'its header makes no sense; it was overwritten, or is something else',
  limit: 'it is larger than any buffer of this version of Node; make a smaller one',
};

/** @param what begins the message: `open region "frames"` */
export function refusedError(what: string, refusal: RegionRefusal): GipsError {
  return new GipsError(`${what}: ${REASONS[refusal]}`, { code: 'EINVAL' });
}
