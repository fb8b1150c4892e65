import { validatePayload, type Payload } from '../validate.js';
import type { Codec } from './codec.js';

/** Bytes as they are. */
export const bytes: Codec<Payload> & { decode(payload: Buffer): Buffer } = Object.freeze({
  encode: (value: Payload) => validatePayload(value, 'value'),
  decode: (payload: Buffer) => payload,
});
