import { validatePayload, type Payload } from '../validate.js';
import type { Codec } from './codec.js';

/** Bytes as they are. */
export const bytes: { decode(payload: Buffer): Buffer } & Codec<Payload> = Object.freeze({
  encode: (value: Payload) => validatePayload(value, 'value'),
  decode: (payload: Buffer) => payload,
});
