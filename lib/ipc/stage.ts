/** Small messages are packed here, as the addon would do it: a call for each would take longer than everything else about them. */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { native, State, type Kind } from '../native/index.js';
import type { Payload } from '../validate.js';

const HEADER_SIZE = 16;
/** Larger ones leave straight from their sender's memory. */
const MAX_STAGED = 16 * 1024 - 1;
const WORD = 2 ** 32;

const bytes = Buffer.from(native.stage);
const view = new DataView(native.stage);

/**
 * Puts a frame behind those of this turn. False if it has to go through the addon.
 * @param cost what it takes of the credit; 0 for what needs none
 * @param length of the payload, in bytes
 */
export function stage(state: Float64Array, kind: Kind, correlation: number, cost: number, payload: Payload, length: number): boolean {
  const isText = typeof payload === 'string';
  if (!isText && !types.isUint8Array(payload)) return false;
  const size = HEADER_SIZE + length;
  const room = state[State.STAGE_ROOM] as number;
  const credit = state[State.STAGE_CREDIT] as number;
  if (room < size || credit <= 0 || length > MAX_STAGED) return false;
  const at = state[State.STAGED] as number;
  view.setUint32(at, kind, true);
  view.setUint32(at + 4, length, true);
  view.setUint32(at + 8, correlation, true);
  view.setUint32(at + 12, correlation / WORD, true);
  if (isText) bytes.write(payload, at + HEADER_SIZE);
  else bytes.set(payload, at + HEADER_SIZE);
  state[State.STAGED] = at + size;
  state[State.STAGE_ROOM] = room - size;
  state[State.STAGE_CREDIT] = credit - cost;
  (state[State.BUFFERED] as number) += size;
  return true;
}
